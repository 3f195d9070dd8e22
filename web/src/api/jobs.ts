import { queryOptions } from "@tanstack/react-query";
import { body, http } from "~/api/client.ts";
import type { JobStatus, Priority } from "~/api/schema.ts";

/** Filters of the list of jobs, as they stand in the URL. */
export interface JobFilters {
  readonly q?: string;
  readonly status?: readonly JobStatus[];
  readonly type?: readonly string[];
  readonly priority?: readonly Priority[];
}

/** One page of the list, newest first. A page may be short, or empty, and still have a next one. */
export function readJobs(
  filters: JobFilters,
  { cursor, limit, signal }: { cursor?: string | undefined; limit: number; signal: AbortSignal },
) {
  const query = { ...mutable(filters), limit, ...(cursor ? { cursor } : {}) };
  return body(http.GET("/api/v1/jobs", { params: { query }, signal }));
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
