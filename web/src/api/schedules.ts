import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { body, http } from "~/api/client.ts";
import type { Plan, PlanChange, TimetableTrial } from "~/api/schema.ts";
import type { JsonObject } from "~/lib/json.ts";

/** Filters of the list of schedules, as they stand in the URL. */
export interface ScheduleFilters {
  readonly name?: string;
  readonly type?: string;
  readonly paused?: boolean;
}

const PAGE = 50;
const ONE = "/api/v1/schedules/{schedule_id}";
const at = (id: string) => ({ path: { schedule_id: id } });

export function schedulesQuery(filters: ScheduleFilters) {
  return infiniteQueryOptions({
    queryKey: ["schedules", "list", filters],
    queryFn: ({ pageParam, signal }) =>
      body(
        http.GET("/api/v1/schedules", {
          params: {
            query: { ...filters, limit: PAGE, ...(pageParam ? { cursor: pageParam } : {}) },
          },
          signal,
        }),
      ),
    initialPageParam: "",
    getNextPageParam: (page) => page.next_cursor ?? undefined,
  });
}

export function scheduleQuery(id: string) {
  return queryOptions({
    queryKey: ["schedules", "one", id],
    queryFn: ({ signal }) => body(http.GET(ONE, { params: at(id), signal })),
    structuralSharing: false,
  });
}

export function firesQuery(id: string) {
  return infiniteQueryOptions({
    queryKey: ["schedules", "fires", id],
    queryFn: ({ pageParam, signal }) =>
      body(
        http.GET(`${ONE}/fires`, {
          params: {
            ...at(id),
            query: { limit: PAGE, ...(pageParam ? { cursor: pageParam } : {}) },
          },
          signal,
        }),
      ),
    initialPageParam: "",
    getNextPageParam: (page) => page.next_cursor ?? undefined,
  });
}

export const dutiesQuery = queryOptions({
  queryKey: ["schedules", "system"],
  queryFn: ({ signal }) => body(http.GET("/api/v1/schedules/system", { signal })),
});

/** When a timetable would fire; the refusal when it never would. */
export function timetableQuery(trial: JsonObject) {
  return queryOptions({
    queryKey: ["schedules", "preview", trial],
    queryFn: ({ signal }) =>
      body(http.POST("/api/v1/schedules/preview", { body: trial as TimetableTrial, signal })),
  });
}

/** @param key makes one schedule of the same plan sent twice. */
export function makeSchedule(plan: JsonObject, key: string) {
  return body(
    http.POST("/api/v1/schedules", {
      params: { header: { "Idempotency-Key": key } },
      body: plan as unknown as Plan,
    }),
  );
}

export function changeSchedule(id: string, change: JsonObject) {
  return body(http.PATCH(ONE, { params: at(id), body: change as unknown as PlanChange }));
}

export function pauseSchedule(id: string, reason: string) {
  return body(http.POST(`${ONE}/pause`, { params: at(id), body: { reason } }));
}

export function resumeSchedule(id: string) {
  return body(http.POST(`${ONE}/resume`, { params: at(id) }));
}

export function runSchedule(id: string) {
  return body(http.POST(`${ONE}/run-now`, { params: at(id) }));
}

export function deleteSchedule(id: string) {
  return body(http.DELETE(ONE, { params: at(id) }));
}
