import { describe, expect, test } from "vitest";
import type { QueueView } from "~/api/schema.ts";
import { byLateness, drainOf, marksOf, readLimit } from "~/queues/queue-rules.ts";
import { makeQueue } from "~/test/make.ts";

describe("marks", () => {
  test.each<[string, Partial<QueueView>, string[]]>([
    ["an empty queue that is served has none", {}, []],
    ["nobody serves it, and nothing waits", { workers: 0 }, ["no workers"]],
    ["nobody serves it, and much waits", { workers: 0, depth: 9 }, ["no workers"]],
    ["a pause without backlog is no trouble", { paused: true }, []],
    [
      "a backlog grows as long as it is paused",
      { paused: true, depth: 3, in_per_minute: 9 },
      ["paused with backlog"],
    ],
    ["a limit of 0", { concurrency_limit: 0, depth: 1 }, ["limit is 0"]],
    ["a limit that is used up", { concurrency_limit: 4, running: 4, depth: 1 }, ["at its limit"]],
    ["a limit that is used up while nothing waits", { concurrency_limit: 4, running: 4 }, []],
    ["more comes than goes", { depth: 50, in_per_minute: 20, out_per_minute: 10 }, ["growing"]],
    ["hardly more comes", { depth: 50, in_per_minute: 100, out_per_minute: 95 }, []],
    ["less than one a minute more", { depth: 5, in_per_minute: 0.8, out_per_minute: 0 }, []],
    ["nothing waits any more", { depth: 0, in_per_minute: 20, out_per_minute: 10 }, []],
  ])("%s", (_, facts, marks) => {
    expect(marksOf(makeQueue(facts))).toEqual(marks);
  });

  test("the worst comes first", () => {
    const queue = makeQueue({ workers: 0, concurrency_limit: 0, depth: 9, in_per_minute: 5 });

    expect(marksOf(queue)).toEqual(["no workers", "limit is 0", "growing"]);
  });
});

describe("order", () => {
  const names = (ages: (number | null)[]) =>
    byLateness(
      ages.map((age, index) => makeQueue({ name: String(index), oldest_age_seconds: age })),
    ).map((it) => it.name);

  test("the latest comes first", () => {
    expect(names([null, 20, 4_000, 200])).toEqual(["2", "3", "1", "0"]);
  });

  test("about the same lateness leaves the most urgent first, however it moves", () => {
    expect(names([61, 299, 180])).toEqual(["0", "1", "2"]);
  });

  test("nothing that waits for seconds is late", () => {
    expect(names([null, 9])).toEqual(["0", "1"]);
  });
});

describe("drain", () => {
  test.each<[string, Partial<QueueView>, unknown]>([
    ["nothing waits", { depth: 0, drain_seconds: 0 }, "empty"],
    ["it is paused", { depth: 4, paused: true, drain_seconds: null }, "paused"],
    ["more comes than goes", { depth: 4, drain_seconds: null }, "never"],
    ["it takes so long", { depth: 4, drain_seconds: 90 }, 90],
  ])("%s", (_, facts, expected) => {
    expect(drainOf(makeQueue(facts))).toBe(expected);
  });
});

describe("a typed limit", () => {
  test.each([
    ["", null],
    ["  ", null],
    ["0", 0],
    [" 12 ", 12],
    ["-1", undefined],
    ["1.5", undefined],
    ["ten", undefined],
    ["99999999", undefined],
  ])("%j is %j", (typed, limit) => {
    expect(readLimit(typed)).toBe(limit);
  });
});
