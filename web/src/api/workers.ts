import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { body, http } from "~/api/client.ts";
import type { WorkerPage, WorkerView } from "~/api/schema.ts";

/** Those at work first, then the newest; each with the jobs that it runs. */
export const workersQuery = queryOptions({
  queryKey: ["workers"],
  queryFn: ({ signal }) => body(http.GET("/api/v1/workers", { signal })),
});

/** What a unit can be ordered to do; `reason` is for everyone who wonders. */
export type WorkerDeed =
  | { readonly kind: "drain" | "stop"; readonly reason: string | null }
  | { readonly kind: "resume" };

/** The list shows what the server answered, before it is told by a frame. */
export function useWorkerDeed(workerId: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (deed: WorkerDeed) => body(send(workerId, deed)),
    onSuccess: (worker) => {
      client.setQueryData(workersQuery.queryKey, (page) => page && withWorker(page, worker));
    },
  });
}

function send(workerId: string, deed: WorkerDeed) {
  const params = { path: { worker_id: workerId } };
  switch (deed.kind) {
    case "drain":
      return http.POST("/api/v1/workers/{worker_id}/drain", {
        params,
        body: { reason: deed.reason },
      });
    case "stop":
      return http.POST("/api/v1/workers/{worker_id}/stop", {
        params,
        body: { reason: deed.reason },
      });
    case "resume":
      return http.POST("/api/v1/workers/{worker_id}/resume", { params });
  }
}

function withWorker<Page extends Pick<WorkerPage, "items">>(page: Page, worker: WorkerView): Page {
  return { ...page, items: page.items.map((it) => (it.id === worker.id ? worker : it)) };
}
