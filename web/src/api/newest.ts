import { queryOptions } from "@tanstack/react-query";
import { body, http } from "~/api/client.ts";
import type { JobStatus, Priority } from "~/api/schema.ts";

interface Few {
  readonly status: readonly JobStatus[];
  readonly priority?: Priority;
  /** Jobs that this worker runs or ran. */
  readonly workerId?: string;
  readonly limit: number;
}

/** The newest few jobs of a kind, for a corner of another page. */
export function newestQuery({ status, priority, workerId, limit }: Few) {
  const query = {
    status: [...status],
    limit,
    ...(priority ? { priority: [priority] } : {}),
    ...(workerId ? { worker_id: workerId } : {}),
  };
  return queryOptions({
    queryKey: ["jobs", "newest", query],
    queryFn: ({ signal }) => body(http.GET("/api/v1/jobs", { params: { query }, signal })),
  });
}
