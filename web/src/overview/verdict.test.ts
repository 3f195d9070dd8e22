import { expect, test } from "vitest";
import type { FleetCounts, QueueView, Slice } from "~/api/schema.ts";
import { byLateness, change, failureRate } from "~/overview/figures.ts";
import { type Facts, sinceOf, verdict } from "~/overview/verdict.ts";

const NOW = Date.parse("2026-11-23T14:00:00Z");
const ago = (seconds: number) => new Date(NOW - seconds * 1000).toISOString();

function queue(name: string, changes: Partial<QueueView> = {}): QueueView {
  return {
    name,
    depth: 0,
    running: 0,
    workers: 2,
    paused: false,
    paused_at: null,
    oldest_due_at: null,
    ...changes,
  } as QueueView;
}

function slice(minutesAgo: number, succeeded: number, bad: number): Slice {
  return {
    at: ago(minutesAgo * 60),
    succeeded,
    failed: bad,
    dead_letter: 0,
    cancelled: 0,
  } as Slice;
}

const FLEET: FleetCounts = { online: 2, late: 0, draining: 0, lost: 0, slots: 32 };

function facts(changes: Partial<Facts> = {}): Facts {
  return { queues: [queue("default")], fleet: FLEET, minutes: [], usual: 0, now: NOW, ...changes };
}

const words = (changes: Partial<Facts>) => verdict(facts(changes)).map((it) => it.words);

test("nothing is wrong when nothing is", () => {
  const busy = queue("default", { depth: 12, oldest_due_at: ago(4) });
  expect(verdict(facts({ queues: [busy] }))).toEqual([]);
});

test("one late queue is named with its lateness, several are counted", () => {
  const slow = queue("default", { depth: 9, oldest_due_at: ago(252) });
  expect(words({ queues: [slow] })).toEqual(["default is 4 min 12 s late"]);
  const low = queue("low", { depth: 1, oldest_due_at: ago(900) });
  const both = verdict(facts({ queues: [slow, low] }));
  expect(both.map((it) => it.words)).toEqual(["2 queues are late"]);
  expect(sinceOf(both)).toBe(NOW - 900_000);
});

test("a paused queue is not late: it is paused, and says how much waits", () => {
  const low = queue("low", {
    depth: 1_204,
    oldest_due_at: ago(900),
    paused: true,
    paused_at: ago(600),
  });
  expect(verdict(facts({ queues: [low] }))).toEqual([
    {
      gravity: "warn",
      words: "low is paused with 1,204 jobs waiting",
      to: "/queues",
      since: NOW - 600_000,
    },
  ]);
});

test("no worker at all says more than any queue that therefore waits", () => {
  const alone = queue("default", { depth: 3, workers: 0, oldest_due_at: ago(300) });
  const none = { ...FLEET, online: 0, slots: 0 };
  expect(words({ queues: [alone], fleet: none })).toEqual(["no worker is online, 3 jobs wait"]);
  expect(words({ queues: [alone] })).toEqual(["no worker serves default, 3 jobs wait"]);
});

test("lost workers come before late ones and before what may wait", () => {
  const low = queue("low", { depth: 1, paused: true });
  const fleet = { ...FLEET, lost: 1, late: 2 };
  expect(words({ queues: [low], fleet })).toEqual([
    "1 worker is lost",
    "2 workers are late with a heartbeat",
    "low is paused with 1 job waiting",
  ]);
});

test("failing is measured against what is usual, and dated to its beginning", () => {
  const calm = Array.from({ length: 50 }, (_, n) => slice(60 - n, 10, 0));
  const storm = Array.from({ length: 10 }, (_, n) => slice(10 - n, 8, 2));
  const [clause] = verdict(facts({ minutes: [...calm, ...storm], usual: 0.006 }));
  expect(clause?.words).toBe("13 % of jobs fail (usually 0.6 %)");
  expect(clause?.since).toBe(NOW - 600_000);
  expect(words({ minutes: [...calm, ...storm], usual: 0.1 })).toEqual([]);
});

test("two of three failed jobs are no rate", () => {
  expect(words({ minutes: [slice(1, 1, 2)] })).toEqual([]);
});

test("a rate needs jobs, and a change needs a before", () => {
  expect(failureRate([slice(1, 0, 0)])).toBeUndefined();
  expect(failureRate([slice(2, 9, 1), slice(1, 10, 0)])).toBe(0.05);
  expect(change(12, 0)).toBeUndefined();
  expect(change(12, 10)).toBeCloseTo(0.2);
});

test("queues stand by their oldest job, idle ones by what they run", () => {
  const rows = byLateness([
    queue("idle"),
    queue("busy", { running: 3 }),
    queue("new", { depth: 5, oldest_due_at: ago(1) }),
    queue("old", { depth: 1, oldest_due_at: ago(99) }),
  ]);
  expect(rows.map((it) => it.name)).toEqual(["old", "new", "busy", "idle"]);
});
