import { describe, expect, test } from "vitest";
import type { JobFrame, JobStatus, ToldFrame, WorkerView } from "~/api/schema.ts";
import { AT, makeJob, makeWorker } from "~/test/make.ts";
import { applyToWorkers, isUnknown } from "~/workers/apply.ts";

const ONE = makeWorker({ id: "one" });
const TWO = makeWorker({ id: "two" });

function told(status: JobStatus, facts: Parameters<typeof makeJob>[0] = {}): JobFrame {
  const job = makeJob({ id: "job", status, attempt: 1, started_at: AT, ...facts });
  const { id: job_id, type, priority, version } = job;
  const event = status === "running" ? "job_running" : "job_success";
  return {
    event,
    id: "1",
    job_id,
    type,
    priority,
    status,
    version,
    at: AT,
    job,
    log: null,
    stream: null,
  };
}

function workerTold(
  worker_id: string,
  status: "offline" | "draining",
  reason: string | null,
): ToldFrame {
  const event = status === "offline" ? "worker_offline" : "worker_online";
  return { event, id: "1", worker_id, host: "h", pid: 1, status, at: AT, reason };
}

const held = (workers: readonly WorkerView[]) =>
  workers.map((it) => it.jobs.map((job) => `${job.id}#${job.attempt}`));

describe("jobs", () => {
  test("a job that starts takes a place on its unit", () => {
    const after = applyToWorkers([ONE, TWO], [told("running", { worker_id: "two" })]);

    expect(held(after)).toEqual([[], ["job#1"]]);
  });

  test("a job that ends leaves its place", () => {
    const before = applyToWorkers([ONE], [told("running", { worker_id: "one" })]);

    expect(held(applyToWorkers(before, [told("success")]))).toEqual([[]]);
  });

  test("a job that runs again elsewhere leaves the unit that was lost", () => {
    const before = applyToWorkers([ONE, TWO], [told("running", { worker_id: "one" })]);

    const after = applyToWorkers(before, [told("running", { worker_id: "two", attempt: 2 })]);

    expect(held(after)).toEqual([[], ["job#2"]]);
  });

  test("a late word about an older attempt changes nothing", () => {
    const before = applyToWorkers([ONE], [told("running", { worker_id: "one", attempt: 2 })]);

    expect(applyToWorkers(before, [told("retrying", { attempt: 1 })])).toBe(before);
  });

  test("what is said twice, or is about others, changes nothing", () => {
    const frame = told("running", { worker_id: "one" });
    const before = applyToWorkers([ONE], [frame]);

    expect(applyToWorkers(before, [frame, told("success", { id: "other" })])).toBe(before);
  });
});

describe("units", () => {
  test("one that fell silent is lost, one that ended is not", () => {
    const after = applyToWorkers(
      [ONE, TWO],
      [workerTold("one", "offline", "lost"), workerTold("two", "offline", null)],
    );

    expect(after.map(({ status, lost, stopped_at }) => [status, lost, stopped_at])).toEqual([
      ["offline", true, AT],
      ["offline", false, AT],
    ]);
  });

  test("one that drains is still there", () => {
    const [worker] = applyToWorkers([ONE], [workerTold("one", "draining", null)]);

    expect(worker).toMatchObject({ status: "draining", lost: false, stopped_at: null });
  });

  test("one that nobody knows is to be read", () => {
    expect(isUnknown([ONE], workerTold("two", "draining", null))).toBe(true);
    expect(isUnknown([ONE], workerTold("one", "draining", null))).toBe(false);
    expect(isUnknown([ONE], told("running", { worker_id: "two" }))).toBe(false);
  });
});
