/** Answers of the API for tests: whole and calm, with what matters spelled out by the test. */
import type { JobItem, LogLine, QueueView, TypeDescription, WorkerView } from "~/api/schema.ts";

export const AT = "2026-11-23T12:00:00Z";

export function makeQueue(facts: Partial<QueueView> = {}): QueueView {
  return {
    name: "default",
    priority: "normal",
    depth: 0,
    running: 0,
    scheduled: 0,
    oldest_due_at: null,
    oldest_age_seconds: null,
    in_per_minute: 0,
    out_per_minute: 0,
    drain_seconds: 0,
    workers: 1,
    slots: 16,
    paused: false,
    paused_at: null,
    paused_by: null,
    pause_reason: null,
    resume_at: null,
    concurrency_limit: null,
    ...facts,
  };
}

export function makeWorker(facts: Partial<WorkerView> = {}): WorkerView {
  return {
    id: "019a2f6e-5c1d-7b43-9a57-3f0c8e6d2b14",
    host: "worker-1",
    pid: 4711,
    version: "0.1.0",
    queues: ["critical", "high", "default", "low"],
    types: ["email"],
    slots: 4,
    status: "online",
    started_at: AT,
    beat_at: AT,
    heartbeat_age_seconds: 2,
    stopped_at: null,
    lost: false,
    wanted: "run",
    wanted_by: null,
    wanted_at: null,
    wanted_reason: null,
    facts: null,
    jobs: [],
    ...facts,
  };
}

/** @param number of its id: later ones are newer. */
export function makeJob(facts: Partial<JobItem> = {}, number = 1): JobItem {
  return {
    id: `019a2f71-0e5a-7d18-9c47-${String(number).padStart(12, "0")}`,
    type: "email",
    priority: "normal",
    status: "queued",
    attempt: 0,
    failures: 0,
    max_retries: 3,
    version: 1,
    created_at: AT,
    run_at: AT,
    queued_at: AT,
    started_at: null,
    finished_at: null,
    duration_seconds: null,
    timeout_seconds: 60,
    cancel_requested_at: null,
    worker_id: null,
    created_by: null,
    tags: [],
    summary: null,
    progress: null,
    error_class: null,
    webhook_url: null,
    idempotency_key: null,
    ...facts,
  };
}

export function makeType(facts: Partial<TypeDescription> = {}): TypeDescription {
  return {
    name: "email",
    title: "E-mail",
    description: "Sends mail.",
    icon: "mail",
    version: 1,
    payload_schema: {},
    result_schema: null,
    examples: [],
    viewer: "json",
    priority: "normal",
    limits: { timeout_seconds: 60, max_retries: 3, concurrency: null, retry: null },
    concurrency_limit: null,
    running: 0,
    offers: {},
    ...facts,
  };
}

export function makeLine(seq: number, facts: Partial<LogLine> = {}): LogLine {
  return {
    seq,
    at: AT,
    attempt: 1,
    level: "info",
    message: `line ${seq}`,
    fields: {},
    ...facts,
  };
}

/** Of a log, from one to another number. */
export function makeLines(from: number, to: number): LogLine[] {
  return Array.from({ length: to - from + 1 }, (_, at) => makeLine(from + at));
}
