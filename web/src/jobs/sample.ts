import type { JobItem } from "~/api/schema.ts";

/** A job for tests; ids of later numbers are newer. */
export function job(some: Partial<JobItem> = {}, number = 1): JobItem {
  return {
    id: `019a2f6e-5c1d-7b43-9a57-${String(number).padStart(12, "0")}`,
    type: "data_processing",
    priority: "normal",
    status: "queued",
    attempt: 0,
    failures: 0,
    max_retries: 3,
    version: 1,
    created_at: "2026-01-31T08:00:00Z",
    run_at: "2026-01-31T08:00:00Z",
    queued_at: "2026-01-31T08:00:00Z",
    started_at: null,
    finished_at: null,
    duration_seconds: null,
    timeout_seconds: 600,
    cancel_requested_at: null,
    worker_id: null,
    created_by: null,
    tags: [],
    summary: null,
    progress: null,
    error_class: null,
    webhook_url: null,
    idempotency_key: null,
    ...some,
  };
}
