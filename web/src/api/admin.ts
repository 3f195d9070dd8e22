/** What admins look after: accounts, the audit trail, the installation. */
import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { body, http } from "~/api/client.ts";
import type { UserChange } from "~/api/schema.ts";

const PAGE = 100;

export const usersQuery = infiniteQueryOptions({
  queryKey: ["users"],
  queryFn: ({ pageParam, signal }) =>
    body(http.GET("/api/v1/users", { params: { query: page(pageParam) }, signal })),
  initialPageParam: "",
  getNextPageParam: (last) => last.next_cursor ?? undefined,
});

export function changeUser(id: string, change: UserChange) {
  return body(
    http.PATCH("/api/v1/users/{user_id}", { params: { path: { user_id: id } }, body: change }),
  );
}

export interface AuditFilters {
  readonly actor_id?: string;
  readonly api_key_id?: string;
  readonly action?: string;
  readonly target?: string;
  readonly ip?: string;
  /** From this moment on. */
  readonly since?: string;
}

export function auditQuery(filters: AuditFilters) {
  return infiniteQueryOptions({
    queryKey: ["audit", filters],
    queryFn: ({ pageParam, signal }) =>
      body(
        http.GET("/api/v1/audit", {
          params: { query: { ...filters, ...page(pageParam) } },
          signal,
        }),
      ),
    initialPageParam: "",
    getNextPageParam: (last) => last.next_cursor ?? undefined,
  });
}

export const systemQuery = queryOptions({
  queryKey: ["system"],
  queryFn: ({ signal }) => body(http.GET("/api/v1/system", { signal })),
});

function page(cursor: string) {
  return { limit: PAGE, ...(cursor ? { cursor } : {}) };
}
