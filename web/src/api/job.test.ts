// @vitest-environment jsdom
import { expect, it } from "vitest";
import { joined, renewed } from "~/api/job.ts";
import type { JobDetail, LogLine } from "~/api/schema.ts";
import { makeLines } from "~/test/make.ts";

const numbers = (all: readonly LogLine[]) => all.map((it) => it.seq);
const job = (version: number, logs: LogLine[] = []) => ({ version, logs }) as unknown as JobDetail;

it("joins lines of a log, each once and in order", () => {
  expect(numbers(joined(makeLines(1, 3), makeLines(4, 5)))).toEqual([1, 2, 3, 4, 5]);
  expect(numbers(joined(makeLines(4, 6), makeLines(1, 5)))).toEqual([1, 2, 3, 4, 5, 6]);
  expect(numbers(joined([], makeLines(1, 2)))).toEqual([1, 2]);
});

it("lets the oldest lines go when there are too many", () => {
  const kept = joined(makeLines(1, 20_000), makeLines(20_001, 20_010));
  expect([kept.length, kept[0]?.seq]).toEqual([20_000, 11]);
});

it("keeps the lines that another reading no longer brings", () => {
  expect(numbers(renewed(job(2, makeLines(1, 4)), job(3, makeLines(3, 6))).logs)).toEqual([
    1, 2, 3, 4, 5, 6,
  ]);
});

it("does not let an answer that comes late take the page back in time", () => {
  const shown = job(5);
  expect(renewed(shown, job(4))).toBe(shown);
  expect(renewed(shown, job(6)).version).toBe(6);
});
