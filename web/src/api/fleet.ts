import { queryOptions } from "@tanstack/react-query";
import { body, http } from "~/api/client.ts";
import type { FleetCounts, WorkerView } from "~/api/schema.ts";

/** How many units there are; the pulse keeps it true, and without one it is counted from the list. */
export const fleetQuery = queryOptions({
  queryKey: ["fleet"],
  queryFn: async ({ signal }) =>
    fleetOf((await body(http.GET("/api/v1/workers", { signal }))).items),
});

export function fleetOf(workers: readonly WorkerView[]): FleetCounts {
  const of = (...statuses: readonly WorkerView["status"][]) =>
    workers.filter((it) => statuses.includes(it.status));
  return {
    online: of("online").length,
    late: of("late").length,
    draining: of("draining", "stopping").length,
    lost: workers.filter((it) => it.lost).length,
    slots: of("online").reduce((sum, it) => sum + it.slots, 0),
  };
}
