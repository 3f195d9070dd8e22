/** Webhooks: what was sent, to whom, how it went, and the secret that signs it. */
import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { body, http } from "~/api/client.ts";
import type { DeliveryStatus, JobOrder, RedeliverOrder } from "~/api/schema.ts";

export interface DeliveryFilters {
  readonly status?: DeliveryStatus;
  readonly endpoint?: string;
  readonly job_id?: string;
}

export function deliveriesQuery(filters: DeliveryFilters) {
  return infiniteQueryOptions({
    queryKey: ["webhooks", "deliveries", filters],
    queryFn: ({ pageParam, signal }) =>
      body(
        http.GET("/api/v1/webhooks/deliveries", {
          params: { query: { ...filters, ...(pageParam ? { cursor: pageParam } : {}) } },
          signal,
        }),
      ),
    initialPageParam: "",
    getNextPageParam: (last) => last.next_cursor ?? undefined,
  });
}

export const endpointsQuery = infiniteQueryOptions({
  queryKey: ["webhooks", "endpoints"],
  queryFn: ({ pageParam, signal }) =>
    body(
      http.GET("/api/v1/webhooks/endpoints", {
        params: { query: pageParam ? { cursor: pageParam } : {} },
        signal,
      }),
    ),
  initialPageParam: "",
  getNextPageParam: (last) => last.next_cursor ?? undefined,
});

export const secretQuery = queryOptions({
  queryKey: ["webhooks", "secret"],
  queryFn: ({ signal }) => body(http.GET("/api/v1/webhooks/secret", { signal })),
});

export function redeliver(id: string) {
  return body(
    http.POST("/api/v1/webhooks/deliveries/{delivery_id}/redeliver", {
      params: { path: { delivery_id: id } },
    }),
  );
}

export function redeliverMany(order: RedeliverOrder) {
  return body(http.POST("/api/v1/webhooks/redeliver", { body: order }));
}

export function enableEndpoint(id: string) {
  return body(
    http.POST("/api/v1/webhooks/endpoints/{endpoint_id}/enable", {
      params: { path: { endpoint_id: id } },
    }),
  );
}

export function makeSecret() {
  return body(http.POST("/api/v1/webhooks/secret"));
}

export function endPreviousSecret() {
  return body(http.DELETE("/api/v1/webhooks/secret/previous"));
}

/** A small job that does real work and tells this address of its end, by the way all jobs go. */
export function sendTest(url: string) {
  // The server fills in the defaults, which the type of an order does not leave out.
  const order = {
    type: "data_processing",
    payload: { dataset: "sales_q1", operation: "profile", rows: 100 },
    tags: ["webhook-test"],
    webhook_url: url,
  } as unknown as JobOrder;
  return body(http.POST("/api/v1/jobs", { body: order }));
}
