/** How a unit is, what may be ordered of it, and how much of its time a job has used. Pure. */
import type { CurrentJob, WorkerView } from "~/api/schema.ts";

export type Standing = "online" | "draining" | "drained" | "stopping" | "late" | "lost" | "stopped";

/** The server's status, with what an order and a silence make of it. */
export function standingOf({ status, lost, wanted, jobs }: WorkerView): Standing {
  switch (status) {
    case "offline":
      return lost ? "lost" : "stopped";
    case "late":
    case "stopping":
      return status;
    case "draining":
      return jobs.length === 0 ? "drained" : "draining";
    case "online":
      // The order is in its row already; the unit follows with its next heartbeat.
      return wanted === "drain" ? "draining" : wanted === "stop" ? "stopping" : "online";
  }
}

const FIRST: readonly Standing[] = ["late", "online", "draining", "drained", "stopping"];

export interface Fleet {
  /** Those that are there: what needs a look first, then in the order they came. */
  readonly here: readonly WorkerView[];
  readonly lost: readonly WorkerView[];
  readonly stopped: readonly WorkerView[];
}

export function fleetOf(workers: readonly WorkerView[]): Fleet {
  const rank = (worker: WorkerView) => FIRST.indexOf(standingOf(worker));
  return {
    here: workers
      .filter((it) => it.status !== "offline")
      .toSorted((a, b) => rank(a) - rank(b) || a.started_at.localeCompare(b.started_at)),
    lost: workers.filter((it) => standingOf(it) === "lost"),
    stopped: workers.filter((it) => standingOf(it) === "stopped"),
  };
}

/** Why an order would be refused; undefined when it can be given. */
export function refusals(
  worker: WorkerView,
): Readonly<Record<"drain" | "resume" | "stop", string | undefined>> {
  const { status, wanted } = worker;
  if (status === "offline") {
    const gone = "It has gone and takes no orders.";
    return { drain: gone, resume: gone, stop: gone };
  }
  if (status === "stopping" || wanted === "stop") {
    const stopping = "It is stopping, which cannot be taken back.";
    return { drain: stopping, resume: stopping, stop: stopping };
  }
  const drains = wanted === "drain" || status === "draining";
  return {
    drain: drains ? "It drains already." : undefined,
    resume: drains ? undefined : "It takes jobs already.",
    stop: undefined,
  };
}

/** How much of its run limit a job has used, from 0 on; above 1 it is about to be stopped. */
export function shareUsed({ started_at, timeout_seconds }: CurrentJob, now: number): number {
  const elapsed = Math.max(0, now - Date.parse(started_at)) / 1000;
  return elapsed / Math.max(1, timeout_seconds);
}

export type Age = "fresh" | "old" | "due";

/** `due` is near its limit: a look before it is stopped may be worth it. */
export function ageOf(share: number): Age {
  if (share >= 0.9) return "due";
  return share >= 0.7 ? "old" : "fresh";
}

/** Squares that are drawn for a unit: its jobs, then free places, then how many more there are. */
export interface Slots {
  readonly jobs: readonly CurrentJob[];
  readonly free: number;
  readonly more: number;
}

/**
 * @param most squares at most; a unit may have hundreds of slots.
 */
export function slotsOf({ slots, jobs }: WorkerView, most: number): Slots {
  const shown = jobs.slice(0, most);
  const free = Math.max(0, Math.min(slots, most) - shown.length);
  return { jobs: shown, free, more: Math.max(slots, jobs.length) - shown.length - free };
}
