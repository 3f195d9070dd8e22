import { expect, it } from "vitest";
import { joined, renewed } from "~/api/job.ts";
import type { JobDetail, LogLine } from "~/api/schema.ts";

const line = (seq: number): LogLine => ({
  seq,
  at: "2026-01-31T08:00:00Z",
  attempt: 1,
  level: "info",
  message: `line ${seq}`,
  fields: {},
});
const lines = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, at) => line(from + at));
const numbers = (all: readonly LogLine[]) => all.map((it) => it.seq);
const job = (version: number, logs: LogLine[] = []) => ({ version, logs }) as unknown as JobDetail;

it("joins lines of a log, each once and in order", () => {
  expect(numbers(joined(lines(1, 3), lines(4, 5)))).toEqual([1, 2, 3, 4, 5]);
  expect(numbers(joined(lines(4, 6), lines(1, 5)))).toEqual([1, 2, 3, 4, 5, 6]);
  expect(numbers(joined([], lines(1, 2)))).toEqual([1, 2]);
});

it("lets the oldest lines go when there are too many", () => {
  const kept = joined(lines(1, 20_000), lines(20_001, 20_010));
  expect([kept.length, kept[0]?.seq]).toEqual([20_000, 11]);
});

it("keeps the lines that another reading no longer brings", () => {
  expect(numbers(renewed(job(2, lines(1, 4)), job(3, lines(3, 6))).logs)).toEqual([
    1, 2, 3, 4, 5, 6,
  ]);
});

it("does not let an answer that comes late take the page back in time", () => {
  const shown = job(5);
  expect(renewed(shown, job(4))).toBe(shown);
  expect(renewed(shown, job(6)).version).toBe(6);
});
