import { expect, test } from "vitest";
import type { ScheduleDetail } from "~/api/schema.ts";
import { changeOf, namesOf, planOf } from "~/schedules/plan.ts";

const SCHEDULE = {
  name: "nightly",
  cron: "0 3 * * *",
  interval_seconds: null,
  timezone: "UTC",
  starts_at: null,
  ends_at: null,
  overlap: "skip",
  missed: "run_once",
  jitter_seconds: 0,
  version: 4,
  words: "at 03:00",
  template: {
    type: "email",
    payload: { subject: null },
    webhook_url: null,
    timeout_seconds: null,
    tags: [],
  },
} as unknown as ScheduleDetail;

test("a plan holds what was decided, and a payload its nulls", () => {
  expect(planOf(SCHEDULE)).toEqual({
    name: "nightly",
    cron: "0 3 * * *",
    timezone: "UTC",
    overlap: "skip",
    missed: "run_once",
    jitter_seconds: 0,
    template: { type: "email", payload: { subject: null } },
  });
});

test("a change says what differs, and null for what is gone", () => {
  const before = planOf(SCHEDULE);
  const { cron: _, ...rest } = before;
  const change = changeOf(before, { ...rest, interval_seconds: 60 });
  expect(change).toEqual({ cron: null, interval_seconds: 60 });
  expect(namesOf(change)).toEqual(["cron expression", "interval"]);
  expect(changeOf(before, { ...before })).toEqual({});
});

test("a template is replaced as a whole", () => {
  const before = planOf(SCHEDULE);
  const template = { type: "email", payload: { subject: "x" } };
  expect(changeOf(before, { ...before, template })).toEqual({ template });
});
