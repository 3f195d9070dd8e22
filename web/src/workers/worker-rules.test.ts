import { describe, expect, test } from "vitest";
import type { WorkerView } from "~/api/schema.ts";
import { AT, makeWorker } from "~/test/make.ts";
import {
  ageOf,
  fleetOf,
  refusals,
  shareUsed,
  slotsOf,
  standingOf,
} from "~/workers/worker-rules.ts";

function makeCurrent(id = "a") {
  return {
    id,
    type: "email",
    priority: "normal" as const,
    attempt: 1,
    started_at: AT,
    timeout_seconds: 60,
  };
}

describe("standing", () => {
  test.each<[string, Partial<WorkerView>, string]>([
    ["at work", {}, "online"],
    ["ordered to drain, not told yet", { wanted: "drain" }, "draining"],
    ["ordered to stop, not told yet", { wanted: "stop" }, "stopping"],
    ["draining with a job", { status: "draining", jobs: [makeCurrent()] }, "draining"],
    ["draining without one", { status: "draining" }, "drained"],
    ["late, whatever was ordered", { status: "late", wanted: "drain" }, "late"],
    ["fallen silent", { status: "offline", lost: true }, "lost"],
    ["ended in order", { status: "offline" }, "stopped"],
  ])("%s", (_, facts, standing) => {
    expect(standingOf(makeWorker(facts))).toBe(standing);
  });

  test("what needs a look comes first, what has gone stands apart", () => {
    const { here, lost, stopped } = fleetOf([
      makeWorker({ host: "new", started_at: "2026-11-23T13:00:00Z" }),
      makeWorker({ host: "old" }),
      makeWorker({ host: "late", status: "late" }),
      makeWorker({ host: "lost", status: "offline", lost: true }),
      makeWorker({ host: "stopped", status: "offline" }),
    ]);

    expect(here.map((it) => it.host)).toEqual(["late", "old", "new"]);
    expect(lost.map((it) => it.host)).toEqual(["lost"]);
    expect(stopped.map((it) => it.host)).toEqual(["stopped"]);
  });
});

describe("orders", () => {
  test.each<[string, Partial<WorkerView>, string[]]>([
    ["at work", {}, ["drain", "stop"]],
    ["draining", { status: "draining", wanted: "drain" }, ["resume", "stop"]],
    ["late", { status: "late" }, ["drain", "stop"]],
    ["stopping", { status: "stopping", wanted: "stop" }, []],
    ["told to stop", { wanted: "stop" }, []],
    ["gone", { status: "offline" }, []],
  ])("a unit that is %s takes what the server would take", (_, facts, taken) => {
    const free = Object.entries(refusals(makeWorker(facts)))
      .filter(([, reason]) => reason === undefined)
      .map(([name]) => name);

    expect(free).toEqual(taken);
  });
});

describe("slots", () => {
  const start = Date.parse(AT);

  test("a job's share grows from its start to its run limit, and beyond", () => {
    const shares = [-5, 0, 30, 60, 90].map((s) => shareUsed(makeCurrent(), start + s * 1000));

    expect(shares).toEqual([0, 0, 0.5, 1, 1.5]);
  });

  test.each([
    [0, "fresh"],
    [0.69, "fresh"],
    [0.7, "old"],
    [0.9, "due"],
    [1.2, "due"],
  ])("a share of %d is %s", (share, age) => {
    expect(ageOf(share)).toBe(age);
  });

  test("a unit shows its jobs, then its free places", () => {
    const { jobs, free, more } = slotsOf(makeWorker({ slots: 3, jobs: [makeCurrent()] }), 64);

    expect([jobs.length, free, more]).toEqual([1, 2, 0]);
  });

  test("hundreds of slots are told by number", () => {
    const jobs = ["a", "b", "c"].map(makeCurrent);

    expect(slotsOf(makeWorker({ slots: 200, jobs }), 64)).toMatchObject({ free: 61, more: 136 });
    expect(slotsOf(makeWorker({ slots: 3, jobs }), 2)).toMatchObject({ free: 0, more: 1 });
  });

  test("a job whose outcome is being recorded may be one more than there are slots", () => {
    const jobs = ["a", "b"].map(makeCurrent);

    expect(slotsOf(makeWorker({ slots: 1, jobs }), 64)).toMatchObject({ jobs, free: 0, more: 0 });
  });
});
