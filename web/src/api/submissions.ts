import { queryOptions } from "@tanstack/react-query";
import { body, http } from "~/api/client.ts";
import type { AcceptedJob, JobOrder } from "~/api/schema.ts";
import type { JsonObject } from "~/lib/json.ts";

/**
 * Submit a job.
 *
 * @param key makes one job of the same order sent twice; absent when the order has a key of its own.
 */
export function submitJob(order: JsonObject, key: string | undefined): Promise<AcceptedJob> {
  return body(
    http.POST("/api/v1/jobs", {
      params: { header: key ? { "Idempotency-Key": key } : {} },
      // The document names the built-in types; plug-ins have theirs.
      body: order as unknown as JobOrder,
    }),
  );
}

/** The job that another is made after; its numbers as they were written. */
export function originalQuery(id: string) {
  return queryOptions({
    queryKey: ["jobs", "original", id],
    queryFn: ({ signal }) =>
      body(http.GET("/api/v1/jobs/{job_id}", { params: { path: { job_id: id } }, signal })),
    staleTime: Number.POSITIVE_INFINITY,
    structuralSharing: false,
  });
}
