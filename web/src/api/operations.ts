/** Bulk operations: one deed done to many jobs, carried out by the scheduler. */
import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { body, http } from "~/api/client.ts";
import type { JobFilters } from "~/api/jobs.ts";
import type {
  DryRun,
  OperationAction,
  OperationOrder,
  OperationView,
  Outcome,
  Priority,
} from "~/api/schema.ts";

const PAGE = 50;

/** Jobs that one operation may name one by one. */
export const MOST_NAMED = 1_000;

/** Which jobs: named, or all that match. */
export type Target = { readonly ids: readonly string[] } | { readonly filters: JobFilters };

export interface Deed {
  readonly action: OperationAction;
  /** The new one, for `reprioritise` alone. */
  readonly priority?: Priority | undefined;
  readonly target: Target;
}

export const LIVE_OPERATION: readonly OperationView["status"][] = ["pending", "running"];

export function dryRunQuery(deed: Deed) {
  return queryOptions({
    queryKey: ["operations", "try", deed],
    queryFn: async ({ signal }) => {
      const order = { ...orderOf(deed, null), dry_run: true };
      return (await body(http.POST("/api/v1/operations", { body: order, signal }))) as DryRun;
    },
    // It counts what is there now; nobody is told an old number.
    staleTime: 0,
    gcTime: 0,
  });
}

/** @throws ApiProblem what the API refused with. */
export async function beginOperation(
  deed: Deed,
  reason: string | null,
  key: string,
): Promise<OperationView> {
  const call = http.POST("/api/v1/operations", {
    body: orderOf(deed, reason),
    headers: { "Idempotency-Key": key },
  });
  return (await body(call)) as OperationView;
}

export const operationsQuery = infiniteQueryOptions({
  queryKey: ["operations", "list"],
  queryFn: ({ pageParam, signal }) => {
    const query = { limit: PAGE, ...(pageParam ? { cursor: pageParam } : {}) };
    return body(http.GET("/api/v1/operations", { params: { query }, signal }));
  },
  initialPageParam: "",
  getNextPageParam: (page) => page.next_cursor ?? undefined,
});

export function operationQuery(id: string) {
  return queryOptions({
    queryKey: ["operations", "one", id],
    queryFn: ({ signal }) => {
      const params = { path: { operation_id: id } };
      return body(http.GET("/api/v1/operations/{operation_id}", { params, signal }));
    },
  });
}

export function operationItemsQuery(id: string, outcome: Outcome | undefined) {
  return infiniteQueryOptions({
    queryKey: ["operations", "items", id, outcome ?? "any"],
    queryFn: ({ pageParam, signal }) => {
      const query = {
        limit: PAGE,
        ...(outcome ? { outcome } : {}),
        ...(pageParam ? { cursor: pageParam } : {}),
      };
      const params = { path: { operation_id: id }, query };
      return body(http.GET("/api/v1/operations/{operation_id}/items", { params, signal }));
    },
    initialPageParam: "",
    getNextPageParam: (page) => page.next_cursor ?? undefined,
  });
}

export function stopOperation(id: string): Promise<OperationView> {
  const params = { path: { operation_id: id } };
  return body(http.POST("/api/v1/operations/{operation_id}/stop", { params }));
}

function orderOf({ action, priority, target }: Deed, reason: string | null): OperationOrder {
  const common = { action, priority: priority ?? null, dry_run: false, reason };
  if ("ids" in target) return { ...common, ids: [...target.ids], filter: null, all: false };
  const { q, status = [], type = [], priority: among = [] } = target.filters;
  const filter = {
    q: q ?? null,
    status: [...status],
    type: [...type],
    priority: [...among],
    tag: null,
    created_by: null,
    worker_id: null,
    created_after: null,
    created_before: null,
  };
  const all = !q && status.length + type.length + among.length === 0;
  return { ...common, ids: null, filter, all };
}
