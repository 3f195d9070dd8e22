/** When a schedule fires, as a form holds it; what it means is the server's to say. Pure. */
import type { Missed, Overlap } from "~/api/schema.ts";
import { isNumber, type Json, type JsonObject, withMember } from "~/lib/json.ts";

/** The members of a plan that say when. */
const TIMETABLE = ["cron", "interval_seconds", "timezone", "starts_at", "ends_at"] as const;

export const UNITS = [
  { value: "1", label: "seconds" },
  { value: "60", label: "minutes" },
  { value: "3600", label: "hours" },
  { value: "86400", label: "days" },
] as const;

export const OFTEN = [
  { cron: "*/15 * * * *", name: "every 15 minutes" },
  { cron: "0 * * * *", name: "hourly" },
  { cron: "0 6 * * *", name: "daily at 06:00" },
  { cron: "0 9 * * MON-FRI", name: "weekdays at 09:00" },
  { cron: "0 8 1 * *", name: "monthly" },
] as const;

/** What happens when its time comes and the job before has not ended. */
export const OVERLAPS = {
  skip: "Leave the new one out",
  queue_one: "Let one wait",
  cancel_previous: "Cancel the old one",
  allow: "Run both",
} satisfies Record<Overlap, string>;

/** What becomes of moments that passed while no scheduler ran. */
export const MISSES = {
  run_once: "Make up for all with one",
  run_all: "Make up for each",
  skip: "Let them go",
} satisfies Record<Missed, string>;

/** The part of a plan that the server can try by itself. */
export function trialOf(plan: JsonObject): JsonObject {
  const said = TIMETABLE.filter((it) => plan[it] !== undefined && plan[it] !== null);
  return Object.fromEntries(said.map((it) => [it, plan[it] as Json]));
}

/** The largest unit that an interval is a whole number of. */
export function unitOf(seconds: Json | undefined): (typeof UNITS)[number]["value"] {
  if (typeof seconds !== "number") return "3600";
  return UNITS.findLast((it) => seconds % Number(it.value) === 0)?.value ?? "1";
}

/** By a cron expression or by an interval: one takes the place of the other. */
export function inWay(plan: JsonObject, way: "cron" | "interval"): JsonObject {
  return way === "cron"
    ? withMember(withMember(plan, "interval_seconds", undefined), "cron", "0 6 * * *")
    : withMember(withMember(plan, "cron", undefined), "interval_seconds", 3_600);
}

export function wayOf(plan: JsonObject): "cron" | "interval" {
  const { interval_seconds: interval } = plan;
  return isNumber(interval) || typeof interval === "string" ? "interval" : "cron";
}
