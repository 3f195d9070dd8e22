/** Failures that are alike: the groups, and what can be done with one. */
import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { body, http } from "~/api/client.ts";
import type {
  FailureOrder,
  FailurePatch,
  FailureState,
  JobStatus,
  OperationOrder,
} from "~/api/schema.ts";
import { freshKey } from "~/lib/fresh-key.ts";

/** Filters of the list of groups. */
export interface FailureFilters {
  readonly q?: string;
  readonly type?: string;
  readonly state: readonly FailureState[];
  readonly sort?: FailureOrder;
}

const PAGE = 50;
/** What a group's jobs are in that have not come back. */
const STILL_FAILED: JobStatus[] = ["failed", "dead_letter"];

export const FAILURES = ["failures"] as const;

export function failuresQuery({ q, type, state, sort }: FailureFilters) {
  return infiniteQueryOptions({
    queryKey: [...FAILURES, "list", { q, type, state, sort }],
    queryFn: ({ pageParam, signal }) =>
      body(
        http.GET("/api/v1/failures", {
          params: {
            query: {
              ...(q ? { q } : {}),
              ...(type ? { type: [type] } : {}),
              ...(state.length > 0 ? { state: [...state] } : {}),
              ...(sort ? { sort } : {}),
              limit: PAGE,
              ...(pageParam ? { cursor: pageParam } : {}),
            },
          },
          signal,
        }),
      ),
    initialPageParam: "",
    getNextPageParam: (page) => page.next_cursor ?? undefined,
  });
}

export function failureQuery(fingerprint: string) {
  return queryOptions({
    queryKey: [...FAILURES, "one", fingerprint],
    queryFn: ({ signal }) =>
      body(
        http.GET("/api/v1/failures/{fingerprint}", { params: { path: { fingerprint } }, signal }),
      ),
  });
}

/** The newest jobs whose last failure is one of the group. */
export function alikeQuery(fingerprint: string) {
  return queryOptions({
    queryKey: [...FAILURES, "jobs", fingerprint],
    queryFn: ({ signal }) =>
      body(
        http.GET("/api/v1/jobs", {
          params: { query: { q: searchOf(fingerprint), limit: 8 } },
          signal,
        }),
      ),
  });
}

/** The search that finds the jobs of a group. */
export function searchOf(fingerprint: string): string {
  return `failure:${fingerprint}`;
}

export function changeFailure(fingerprint: string, change: FailurePatch) {
  return body(
    http.PATCH("/api/v1/failures/{fingerprint}", {
      params: { path: { fingerprint } },
      body: change,
    }),
  );
}

/** Begins to queue all jobs of a group again that still stand as failed. */
export async function retryFailure(fingerprint: string) {
  const made = await body(
    http.POST("/api/v1/operations", {
      params: { header: { "Idempotency-Key": freshKey() } },
      // What is left out has its default, which the generated type does not know.
      body: {
        action: "retry",
        filter: { q: searchOf(fingerprint), status: STILL_FAILED },
      } as OperationOrder,
    }),
  );
  if (!("id" in made)) throw new Error("The server only tried it.");
  return made;
}

/** How far an operation is; it is asked again until it has ended. */
export function operationQuery(operationId: string) {
  return queryOptions({
    queryKey: ["operations", "one", operationId],
    queryFn: ({ signal }) =>
      body(
        http.GET("/api/v1/operations/{operation_id}", {
          params: { path: { operation_id: operationId } },
          signal,
        }),
      ),
    refetchInterval: ({ state }) => (state.data?.finished_at ? false : 2_000),
  });
}
