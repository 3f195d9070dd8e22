import { expect, test } from "vitest";
import type { FireRecord } from "~/api/schema.ts";
import { marksOf, summaryOf } from "~/schedules/fire-marks.ts";

function fire(minute: number, more: Partial<FireRecord>): FireRecord {
  const at = `2026-03-01T00:0${minute}:00Z`;
  return {
    fire_at: at,
    at,
    job_id: null,
    job_status: null,
    duration_seconds: null,
    skipped: null,
    held: false,
    actor: null,
    ...more,
  };
}

const FIRES = [
  fire(5, { held: true }),
  fire(4, { skipped: "the job before it runs" }),
  fire(3, { job_id: "c" }),
  fire(2, { job_id: "b", job_status: "dead_letter", duration_seconds: 1 }),
  fire(1, { job_id: "a", job_status: "success", duration_seconds: 4 }),
];

test("marks go from old to new, each by what became of it", () => {
  expect(marksOf(FIRES).map((it) => [it.kind, it.words])).toEqual([
    ["success", "success, 4 s"],
    ["failed", "dead letter, 1 s"],
    ["unknown", "its job has been deleted"],
    ["left-out", "skipped: the job before it runs"],
    ["open", "waits for the job before it"],
  ]);
});

test("the longest run is the highest, and what did not run has no height", () => {
  expect(marksOf(FIRES).map((it) => it.height)).toEqual([1, 0.5, 0, 0, 0]);
  expect(marksOf([fire(1, { job_status: "success", duration_seconds: 0 })])[0]?.height).toBe(0);
});

test("the strip is told in words", () => {
  expect(summaryOf(marksOf(FIRES))).toBe(
    "Last 5: 1 success, 1 failed, 1 not ended, 1 skipped, 1 deleted since",
  );
});
