/** What belongs to the person who is signed in: password, e-mail, sessions, API keys. */
import { queryOptions } from "@tanstack/react-query";
import { body, http } from "~/api/client.ts";
import type { KeyOrder, OwnChange } from "~/api/schema.ts";

export const sessionsQuery = queryOptions({
  queryKey: ["account", "sessions"],
  queryFn: ({ signal }) => body(http.GET("/api/v1/auth/sessions", { signal })),
});

export const keysQuery = queryOptions({
  queryKey: ["account", "keys"],
  queryFn: ({ signal }) => body(http.GET("/api/v1/auth/api-keys", { signal })),
});

export function changeMe(change: OwnChange) {
  return body(http.PATCH("/api/v1/auth/me", { body: change }));
}

export function endSession(id: string) {
  return body(
    http.DELETE("/api/v1/auth/sessions/{session_id}", { params: { path: { session_id: id } } }),
  );
}

export function makeKey(order: KeyOrder) {
  return body(http.POST("/api/v1/auth/api-keys", { body: order }));
}

export function revokeKey(id: string) {
  return body(http.DELETE("/api/v1/auth/api-keys/{key_id}", { params: { path: { key_id: id } } }));
}
