import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { body, http } from "~/api/client.ts";
import type { JobStatus, Priority } from "~/api/schema.ts";

/** Filters of the list of jobs, as they stand in the URL. */
export interface JobFilters {
  readonly q?: string;
  readonly status?: readonly JobStatus[];
  readonly type?: readonly string[];
  readonly priority?: readonly Priority[];
}

const PAGE = 100;

export function jobsQuery(filters: JobFilters) {
  return infiniteQueryOptions({
    queryKey: ["jobs", "list", filters],
    queryFn: ({ pageParam, signal }) =>
      body(
        http.GET("/api/v1/jobs", {
          params: {
            query: {
              ...mutable(filters),
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

export const summaryQuery = queryOptions({
  queryKey: ["jobs", "summary"],
  queryFn: ({ signal }) => body(http.GET("/api/v1/jobs/metrics/summary", { signal })),
});

function mutable({ q, status, type, priority }: JobFilters) {
  return {
    ...(q ? { q } : {}),
    ...(status?.length ? { status: [...status] } : {}),
    ...(type?.length ? { type: [...type] } : {}),
    ...(priority?.length ? { priority: [...priority] } : {}),
  };
}
