import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { body, http } from "~/api/client.ts";
import type { PauseOrder, QueuePage, QueueView } from "~/api/schema.ts";

/** The four of them, the most urgent first. */
export const queuesQuery = queryOptions({
  queryKey: ["queues"],
  queryFn: ({ signal }) => body(http.GET("/api/v1/queues", { signal })),
});

/** What can be asked of a queue; each answers with the queue as it then stands. */
export type QueueDeed =
  | { readonly kind: "pause"; readonly order: PauseOrder }
  | { readonly kind: "resume" }
  | { readonly kind: "limit"; readonly limit: number | null };

/** The list shows what the server answered, before it is told by a frame. */
export function useQueueDeed(name: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (deed: QueueDeed) => body(send(name, deed)),
    onSuccess: (queue) => {
      client.setQueryData(queuesQuery.queryKey, (page) => page && withQueue(page, queue));
    },
  });
}

function send(name: string, deed: QueueDeed) {
  const params = { path: { name } };
  switch (deed.kind) {
    case "pause":
      return http.POST("/api/v1/queues/{name}/pause", { params, body: deed.order });
    case "resume":
      return http.POST("/api/v1/queues/{name}/resume", { params });
    case "limit":
      return http.PATCH("/api/v1/queues/{name}", {
        params,
        body: { concurrency_limit: deed.limit },
      });
  }
}

function withQueue<Page extends Pick<QueuePage, "items">>(page: Page, queue: QueueView): Page {
  return { ...page, items: page.items.map((it) => (it.name === queue.name ? queue : it)) };
}
