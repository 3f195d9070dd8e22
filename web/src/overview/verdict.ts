/** Whether something is wrong, where, and since when: the sentence on top of the overview. Pure. */
import type { FleetCounts, QueueView, Slice } from "~/api/schema.ts";
import { count, percent, span } from "~/lib/format.ts";
import { ended, failed, failureRate, lateness, total } from "~/overview/figures.ts";

/** A job that is due and has waited so long with workers at hand is late. */
export const LATE_SECONDS = 60;
/** The failure rate is that of so many minutes, and needs so many jobs to mean anything. */
const RECENT_MINUTES = 15;
const ENOUGH_JOBS = 20;
/** Failing is remarkable above this share, and above this many times the usual. */
const REMARKABLE = { share: 0.02, times: 2 };

export interface Clause {
  /** `bad` needs somebody now; `warn` may. */
  readonly gravity: "bad" | "warn";
  readonly words: string;
  readonly to: "/queues" | "/workers" | "/jobs";
  readonly search?: Readonly<Record<string, string>>;
  /** Since when, in milliseconds since 1970, where that is known. */
  readonly since?: number;
}

export interface Facts {
  readonly queues: readonly QueueView[];
  readonly fleet: FleetCounts;
  /** Full minutes, oldest first. */
  readonly minutes: readonly Slice[];
  /** The share that usually fails: that of the last day. */
  readonly usual: number | undefined;
  readonly now: number;
}

/** What is wrong, the gravest first; nothing when all is well. */
export function verdict(facts: Facts): readonly Clause[] {
  const clauses = [
    ...unmanned(facts),
    ...lost(facts),
    ...late(facts),
    ...paused(facts),
    ...failing(facts),
  ];
  return [
    ...clauses.filter((it) => it.gravity === "bad"),
    ...clauses.filter((it) => it.gravity === "warn"),
  ];
}

/** The earliest moment that any clause names. */
export function sinceOf(clauses: readonly Clause[]): number | undefined {
  const known = clauses.map((it) => it.since).filter((it) => it !== undefined);
  return known.length > 0 ? Math.min(...known) : undefined;
}

function unmanned({ queues, fleet }: Facts): Clause[] {
  if (fleet.online + fleet.late === 0) {
    const waiting = queues.reduce((sum, it) => sum + it.depth, 0);
    const words =
      waiting > 0 ? `no worker is online, ${jobs(waiting)} wait` : "no worker is online";
    return [{ gravity: "bad", words, to: "/workers" }];
  }
  return queues
    .filter((it) => it.workers === 0 && it.depth > 0 && !it.paused)
    .map((it) => ({
      gravity: "bad",
      words: `no worker serves ${it.name}, ${jobs(it.depth)} wait`,
      to: "/queues",
      ...since(it.oldest_due_at),
    }));
}

function lost({ fleet }: Facts): Clause[] {
  const clauses: Clause[] = [];
  if (fleet.lost > 0) {
    clauses.push({ gravity: "bad", words: `${units(fleet.lost)} lost`, to: "/workers" });
  }
  if (fleet.late > 0) {
    clauses.push({
      gravity: "warn",
      words: `${units(fleet.late)} late with a heartbeat`,
      to: "/workers",
    });
  }
  return clauses;
}

function late({ queues, now }: Facts): Clause[] {
  const slow = queues.filter(
    (it) => it.workers > 0 && !it.paused && it.depth > 0 && lateness(it, now) > LATE_SECONDS,
  );
  const first = slow[0];
  if (!first) return [];
  const oldest = Math.min(...slow.map((it) => Date.parse(it.oldest_due_at ?? "")));
  const words =
    slow.length === 1
      ? `${first.name} is ${span(Math.floor(lateness(first, now)))} late`
      : `${slow.length} queues are late`;
  return [{ gravity: "bad", words, to: "/queues", since: oldest }];
}

function paused({ queues }: Facts): Clause[] {
  return queues
    .filter((it) => it.paused && it.depth > 0)
    .map((it) => ({
      gravity: "warn",
      words: `${it.name} is paused with ${jobs(it.depth)} waiting`,
      to: "/queues",
      ...since(it.paused_at),
    }));
}

function failing({ minutes, usual = 0 }: Facts): Clause[] {
  const recent = minutes.slice(-RECENT_MINUTES);
  const rate = failureRate(recent);
  if (rate === undefined || total(recent, ended) < ENOUGH_JOBS) return [];
  if (rate <= REMARKABLE.share || rate <= usual * REMARKABLE.times) return [];
  const began = minutes.findLastIndex((_, index) => calm(minutes, index, usual)) + 1;
  const at = minutes[began]?.at;
  return [
    {
      gravity: "bad",
      words: `${percent(rate)} of jobs fail (usually ${percent(usual)})`,
      to: "/jobs",
      search: { q: `status:failed,dead_letter finished>-${RECENT_MINUTES}m` },
      ...(began > 0 ? since(at ?? null) : {}),
    },
  ];
}

/** Whether nothing failed around this minute: one failure alone is no beginning. */
function calm(minutes: readonly Slice[], index: number, usual: number): boolean {
  const around = minutes.slice(Math.max(0, index - 4), index + 1);
  return total(around, failed) <= Math.max(usual, REMARKABLE.share) * total(around, ended);
}

function since(at: string | null): { since?: number } {
  return at === null ? {} : { since: Date.parse(at) };
}

function jobs(n: number): string {
  return n === 1 ? "1 job" : `${count(n)} jobs`;
}

function units(n: number): string {
  return n === 1 ? "1 worker is" : `${count(n)} workers are`;
}
