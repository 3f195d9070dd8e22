/** A schedule's plan as an editor holds it, and what of it is changed. Pure. */
import type { ScheduleDetail } from "~/api/schema.ts";
import { differences, type Json, type JsonObject } from "~/lib/json.ts";

const PLAIN = [
  "name",
  "cron",
  "interval_seconds",
  "timezone",
  "starts_at",
  "ends_at",
  "overlap",
  "missed",
  "jitter_seconds",
] as const;

/** What its owner decided: without what is null, which is the same as absent. */
export function planOf(schedule: ScheduleDetail): JsonObject {
  const { type, payload, ...options } = schedule.template;
  return {
    ...said(Object.fromEntries(PLAIN.map((name) => [name, schedule[name]]))),
    template: { type, payload: payload as JsonObject, ...said(options as JsonObject) },
  };
}

function said(object: JsonObject): JsonObject {
  const isSaid = (it: Json) => it !== null && !(Array.isArray(it) && it.length === 0);
  return Object.fromEntries(Object.entries(object).filter(([, value]) => isSaid(value)));
}

/** The body of a change: what differs, with null for what was taken away. */
export function changeOf(before: JsonObject, after: JsonObject): JsonObject {
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  return Object.fromEntries(
    [...names]
      .filter((name) => differences(before[name], after[name]).length > 0)
      .map((name) => [name, after[name] ?? null]),
  );
}

/** What somebody else has changed, in the words of the form. */
export function namesOf(change: JsonObject): readonly string[] {
  return Object.keys(change).map((name) => NAMES[name] ?? name);
}

const NAMES: Readonly<Record<string, string>> = {
  name: "name",
  cron: "cron expression",
  interval_seconds: "interval",
  timezone: "time zone",
  starts_at: "start",
  ends_at: "end",
  overlap: "what happens while one runs",
  missed: "what becomes of missed moments",
  jitter_seconds: "spread",
  template: "what it submits",
};
