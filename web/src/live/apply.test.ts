import { expect, test } from "vitest";
import type { JobDetail, JobFrame, JobItem, ToldFrame } from "~/api/schema.ts";
import { applyToDetail, sortOut, unpack } from "~/live/apply.ts";
import { makeJob } from "~/test/make.ts";

function item(id: string, version: number, changes: Partial<JobItem> = {}): JobItem {
  return makeJob({ id, version, ...changes });
}

function frame(id: string, version: number, changes: Partial<JobItem> = {}): JobFrame {
  // A frame tells the row of a list without what only reading tells.
  const { webhook_url: _, idempotency_key: __, ...job } = item(id, version, changes);
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

function among(...items: JobItem[]) {
  return (id: string) => items.find((it) => it.id === id);
}

test("a newer frame changes its job and leaves the others alone", () => {
  const { changed } = sortOut(
    [frame("b", 2, { status: "running" })],
    among(item("a", 1), item("b", 1)),
  );
  expect([...changed.values()].map((it) => [it.id, it.status])).toEqual([["b", "running"]]);
});

test("an older frame, or the same again, changes nothing", () => {
  const { changed } = sortOut([frame("a", 1), frame("a", 2)], among(item("a", 2)));
  expect(changed.size).toBe(0);
});

test("progress within one version applies", () => {
  const progress = { percent: 40, current: 4, total: 10, stage: null, message: null };
  const told = { ...frame("a", 2, { progress }), event: "job_progress" as const };
  expect(sortOut([told], among(item("a", 2))).changed.get("a")?.progress?.percent).toBe(40);
});

test("several frames of one job end in the latest of them, whatever their order", () => {
  const late = frame("a", 4, { status: "success" });
  const early = frame("a", 3, { status: "running" });
  expect(sortOut([late, early], among(item("a", 2))).changed.get("a")?.status).toBe("success");
  expect(sortOut([late, early], among()).others.get("a")?.status).toBe("success");
});

test("what a list knows beside the row stays", () => {
  const told = sortOut([frame("a", 2)], among(item("a", 1, { webhook_url: "https://a.test" })));
  expect(told.changed.get("a")?.webhook_url).toBe("https://a.test");
});

test("a job that came and was deleted at once is only deleted", () => {
  const gone: ToldFrame = {
    event: "job_deleted",
    id: "e-9",
    job_id: "a",
    type: "email",
    priority: "normal",
    status: "success",
    version: 4,
    at: "2026-01-01T00:00:02Z",
  };
  const told = sortOut([frame("a", 1), gone], among());
  expect([told.others.size, [...told.deleted]]).toEqual([0, ["a"]]);
});

test("a batch is its events; what the connection says about itself is none", () => {
  const told = frame("a", 1);
  expect(unpack({ event: "batch", id: "e-1", events: [told] } as never)).toEqual([told]);
  expect(unpack({ event: "pong" } as never)).toEqual([]);
});

function detail(version: number, changes: Partial<JobDetail> = {}): JobDetail {
  const rest = { attempts: [], events: [], logs: [], ...changes };
  return { ...item("a", version), ...rest } as unknown as JobDetail;
}

function logged(seq: number): JobFrame {
  const log = { seq, at: "", attempt: 1, level: "info", message: "", fields: {} };
  return { ...frame("a", 2), event: "job_log", log };
}

test("a job's page follows an attempt from its start to its end", () => {
  const running = { status: "running", attempt: 1, worker_id: "w", started_at: "10" } as const;
  const begun = applyToDetail(detail(1), [frame("a", 2, running), frame("b", 9)]);
  expect(begun.status).toBe("running");
  expect(begun.attempts).toMatchObject([{ number: 1, worker_id: "w", finished_at: null }]);

  const success = { ...running, status: "success", finished_at: "20" } as const;
  const ended = applyToDetail(begun, [frame("a", 3, success), frame("a", 2, running)]);
  expect(ended.attempts).toMatchObject([{ number: 1, finished_at: "20", outcome: "success" }]);
  expect(ended.events.map((it) => it.event)).toEqual(["job_running", "job_success"]);
});

test("a job's page takes each line of its log once and in order", () => {
  const before = applyToDetail(detail(2), [logged(1)]);
  const after = applyToDetail(before, [logged(3), logged(1), logged(2), logged(3)]);
  expect(after.logs.map((it) => it.seq)).toEqual([1, 2, 3]);
  expect(applyToDetail(after, [logged(2)])).toBe(after);
});
