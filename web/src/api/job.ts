/** One job: what is known about it, why it waits, its log, and what can be done with it. */
import { queryOptions } from "@tanstack/react-query";
import { body, http } from "~/api/client.ts";
import type { JobDetail, LogLine, Priority } from "~/api/schema.ts";
import { share } from "~/lib/share.ts";

/** Lines of a page of the log; the most that the API gives. */
export const LOG_PAGE = 200;
/** Lines that a tab holds of a job's log before it lets the oldest go. */
const MOST_LINES = 20_000;

const at = (job_id: string) => ({ params: { path: { job_id } } });

export function jobQuery(jobId: string) {
  return queryOptions({
    queryKey: ["jobs", "detail", jobId],
    queryFn: ({ signal }) => body(http.GET("/api/v1/jobs/{job_id}", { ...at(jobId), signal })),
    structuralSharing: (before, after) =>
      renewed(before as JobDetail | undefined, after as JobDetail),
  });
}

/**
 * A job read again: never older than what was shown, and with the log lines that the page has and
 * the answer, which brings the last 1,000, does not. Pure.
 */
export function renewed(before: JobDetail | undefined, after: JobDetail): JobDetail {
  if (!before) return after;
  const logs = joined(before.logs, after.logs);
  return share(before, { ...(before.version > after.version ? before : after), logs });
}

/** Lines of one log, each once, in order. Pure. */
export function joined(some: readonly LogLine[], others: readonly LogLine[]): LogLine[] {
  const [next, last] = [others[0]?.seq ?? Number.POSITIVE_INFINITY, some.at(-1)?.seq ?? 0];
  if (last < next && isSorted(others)) return [...some, ...others].slice(-MOST_LINES);
  const lines = new Map([...some, ...others].map((line) => [line.seq, line]));
  return [...lines.values()].sort((a, b) => a.seq - b.seq).slice(-MOST_LINES);
}

function isSorted(lines: readonly LogLine[]): boolean {
  return lines.every(({ seq }, at) => seq > (lines[at - 1]?.seq ?? 0));
}

export function whyQuery(jobId: string) {
  return queryOptions({
    queryKey: ["jobs", "why", jobId],
    queryFn: ({ signal }) => body(http.GET("/api/v1/jobs/{job_id}/why", { ...at(jobId), signal })),
  });
}

/** The lines that follow the one with this `seq`; what is written of a log stays so. */
export function logPageQuery(jobId: string, after: number) {
  return queryOptions({
    queryKey: ["jobs", "log", jobId, after],
    queryFn: ({ signal }) => logPage(jobId, after, signal),
    staleTime: Number.POSITIVE_INFINITY,
  });
}

export function logPage(jobId: string, after: number, signal?: AbortSignal) {
  return body(
    http.GET("/api/v1/jobs/{job_id}/logs", {
      params: { path: { job_id: jobId }, query: { after, limit: LOG_PAGE } },
      ...(signal ? { signal } : {}),
    }),
  );
}

/** A few of the jobs that a search finds, newest first. */
export function relatedQuery(q: string) {
  return queryOptions({
    queryKey: ["jobs", "related", q],
    queryFn: ({ signal }) =>
      body(http.GET("/api/v1/jobs", { params: { query: { q, limit: 6 } }, signal })),
  });
}

export function jobTypeQuery(name: string) {
  return queryOptions({
    queryKey: ["job-types", "one", name],
    queryFn: ({ signal }) =>
      body(http.GET("/api/v1/job-types/{name}", { params: { path: { name } }, signal })),
    staleTime: 300_000,
  });
}

/** Where a worker runs; one that left long ago is forgotten, and then there is none. */
export function workerQuery(workerId: string) {
  return queryOptions({
    queryKey: ["workers", "one", workerId],
    queryFn: ({ signal }) =>
      body(
        http.GET("/api/v1/workers/{worker_id}", {
          params: { path: { worker_id: workerId } },
          signal,
        }),
      ),
    staleTime: 300_000,
  });
}

export function retryJob(jobId: string) {
  return body(http.POST("/api/v1/jobs/{job_id}/retry", at(jobId)));
}

export function cancelJob(jobId: string) {
  return body(http.POST("/api/v1/jobs/{job_id}/cancel", at(jobId)));
}

export function deleteJob(jobId: string) {
  return body(http.DELETE("/api/v1/jobs/{job_id}", at(jobId)));
}

export function changePriority(jobId: string, priority: Priority) {
  return body(http.PATCH("/api/v1/jobs/{job_id}", { ...at(jobId), body: { priority } }));
}

export function redeliver(deliveryId: string) {
  return body(
    http.POST("/api/v1/webhooks/deliveries/{delivery_id}/redeliver", {
      params: { path: { delivery_id: deliveryId } },
    }),
  );
}
