import { expect, test } from "vitest";
import type { JobFrame, JobItem, ToldFrame } from "~/api/schema.ts";
import { applyToList, EMPTY_LIST, type JobList, unpack } from "~/live/apply.ts";

const everything = () => true;

function item(id: string, version: number, changes: Partial<JobItem> = {}): JobItem {
  return {
    id,
    type: "email",
    priority: "normal",
    status: "queued",
    attempt: 0,
    failures: 0,
    max_retries: 3,
    version,
    created_at: "2026-01-01T00:00:00Z",
    run_at: "2026-01-01T00:00:00Z",
    timeout_seconds: 60,
    tags: [],
    ...changes,
  } as JobItem;
}

function frame(id: string, version: number, changes: Partial<JobItem> = {}): JobFrame {
  const job = item(id, version, changes);
  const event = `job_${job.status}` as JobFrame["event"];
  return {
    event,
    id: `e-${version}`,
    job_id: id,
    type: job.type,
    priority: job.priority,
    status: job.status,
    version,
    at: "2026-01-01T00:00:01Z",
    job,
    log: null,
    stream: null,
  };
}

function shown(...items: JobItem[]): JobList {
  return { ...EMPTY_LIST, items };
}

test("a newer frame changes its row in place, and the others stay the same objects", () => {
  const before = shown(item("a", 1), item("b", 1));
  const after = applyToList(before, [frame("b", 2, { status: "running" })], everything);
  expect(after.items.map((it) => it.status)).toEqual(["queued", "running"]);
  expect(after.items[0]).toBe(before.items[0]);
});

test("a frame that comes twice or late changes nothing, and the list stays the same object", () => {
  const before = shown(item("a", 3, { status: "success" }));
  expect(applyToList(before, [frame("a", 2), frame("a", 3)], everything)).toBe(before);
});

test("progress applies within one version", () => {
  const running = { status: "running" } as const;
  const progress = { percent: 40, current: null, total: null, stage: null, message: null };
  const told: JobFrame = { ...frame("a", 2, { ...running, progress }), event: "job_progress" };
  const after = applyToList(shown(item("a", 2, running)), [told], everything);
  expect(after.items[0]?.progress?.percent).toBe(40);
});

test("a new job that matches is counted once and not inserted", () => {
  const before = shown(item("a", 1));
  const after = applyToList(before, [frame("b", 1), frame("b", 1), frame("c", 4)], everything);
  expect(after.items).toHaveLength(1);
  expect([...after.fresh]).toEqual(["b"]);
  expect(applyToList(before, [frame("b", 1)], () => false)).toBe(before);
});

test("a deleted job keeps its row, marked, and is no longer news", () => {
  const deleted: ToldFrame = {
    event: "job_deleted",
    id: "e-9",
    job_id: "a",
    type: "email",
    priority: "normal",
    status: "success",
    version: 4,
    at: "2026-01-01T00:00:02Z",
  };
  const after = applyToList(shown(item("a", 1)), [deleted], everything);
  expect(after.items).toHaveLength(1);
  expect(after.gone.has("a")).toBe(true);
});

test("a batch is unpacked in order", () => {
  const events = [frame("a", 1), frame("b", 1)];
  expect(unpack({ event: "batch", id: "e-2", events } as never)).toEqual(events);
  expect(unpack({ event: "pong" } as never)).toEqual([]);
});
