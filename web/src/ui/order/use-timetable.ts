import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { timetableQuery } from "~/api/schedules.ts";
import type { JsonObject } from "~/lib/json.ts";
import { useSettled } from "~/lib/use-settled.ts";
import { faultsOf } from "~/ui/order/faults.ts";
import { trialOf } from "~/ui/order/timetable.ts";

/** What the server makes of a plan's timetable, asked when it has stood still for a moment. */
export function useTimetable(plan: JsonObject, enabled = true) {
  const text = useSettled(JSON.stringify(trialOf(plan)), 400);
  const query = useQuery({
    ...timetableQuery(JSON.parse(text) as JsonObject),
    enabled,
    placeholderData: keepPreviousData,
    retry: false,
  });
  return { query, faults: faultsOf(query.error) };
}
