/** What the overview shows of other pages: their first few. */
import { queryOptions } from "@tanstack/react-query";
import { body, http } from "~/api/client.ts";

const FEW = 5;
/** Schedules come by age and not by their next moment; few installations have more. */
const SCHEDULES = 100;

export const newestFailuresQuery = queryOptions({
  queryKey: ["failures", "newest"],
  queryFn: ({ signal }) =>
    body(http.GET("/api/v1/failures", { params: { query: { limit: FEW } }, signal })),
});

/** The schedules that fire next, the next one first. */
export const nextRunsQuery = queryOptions({
  queryKey: ["schedules", "next"],
  queryFn: async ({ signal }) => {
    const query = { limit: SCHEDULES, paused: false };
    const { items } = await body(http.GET("/api/v1/schedules", { params: { query }, signal }));
    return items
      .flatMap((it) => (it.next_fire_at ? [{ ...it, next_fire_at: it.next_fire_at }] : []))
      .sort((a, b) => a.next_fire_at.localeCompare(b.next_fire_at))
      .slice(0, FEW);
  },
});
