/** Messages that the sink took in place of a mail server. */
import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { body, file, http } from "~/api/client.ts";

export interface MailFilters {
  /** Part of a subject. */
  readonly q?: string;
  /** A whole address. */
  readonly recipient?: string;
}

export function mailQuery(filters: MailFilters) {
  return infiniteQueryOptions({
    queryKey: ["mailbox", "list", filters],
    queryFn: ({ pageParam, signal }) =>
      body(
        http.GET("/api/v1/mailbox", {
          params: { query: { ...filters, ...(pageParam ? { cursor: pageParam } : {}) } },
          signal,
        }),
      ),
    initialPageParam: "",
    getNextPageParam: (last) => last.next_cursor ?? undefined,
  });
}

export function messageQuery(id: string) {
  return queryOptions({
    queryKey: ["mailbox", "message", id],
    queryFn: ({ signal }) =>
      body(http.GET("/api/v1/mailbox/{mail_id}", { params: { path: { mail_id: id } }, signal })),
    staleTime: Number.POSITIVE_INFINITY,
  });
}

/** Of a message's source so much is shown. */
export const SHOWN_BYTES = 200_000;

/** The message byte by byte, and its beginning as text. */
export function sourceQuery(id: string) {
  return queryOptions({
    queryKey: ["mailbox", "source", id],
    queryFn: async () => {
      const blob = await file(`/api/v1/mailbox/${id}/raw`);
      return { blob, beginning: await blob.slice(0, SHOWN_BYTES).text() };
    },
    staleTime: Number.POSITIVE_INFINITY,
  });
}

/**
 * Where a frame finds the message's HTML, once: a frame sends no token, so the address carries a
 * ticket that is good for 30 seconds.
 */
export function frameQuery(id: string) {
  return queryOptions({
    queryKey: ["mailbox", "frame", id],
    queryFn: async () => {
      const { ticket } = await body(http.POST("/api/v1/ws-ticket"));
      return `/api/v1/mailbox/${id}/html?ticket=${encodeURIComponent(ticket)}`;
    },
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
  });
}

export function emptyMailbox() {
  return body(http.DELETE("/api/v1/mailbox"));
}
