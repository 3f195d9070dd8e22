/** What a job did with its time, as parts to draw to scale. Pure; moments in milliseconds. */
import type { JobDetail, JobStatus } from "~/api/schema.ts";

export interface Phase {
  readonly status: JobStatus;
  readonly attempt: number;
  readonly from: number;
  readonly to: number;
  /** It is under way: `to` is now. */
  readonly open: boolean;
}

/** The phases in order; what has ended and was retried later rests in between. */
export function phases(job: JobDetail, now: number): readonly Phase[] {
  const steps = changes(job);
  return steps.flatMap(({ status, attempt, at }, place) => {
    const next = steps[place + 1];
    if (!next && isEnd(status)) return [];
    const from = Date.parse(at);
    const to = next ? Date.parse(next.at) : now;
    return [{ status, attempt, from, to: Math.max(from, to), open: next === undefined }];
  });
}

interface Change {
  readonly status: JobStatus;
  readonly attempt: number;
  readonly at: string;
}

/** Where the status changed; a job whose events are no longer kept tells by its own moments. */
function changes(job: JobDetail): readonly Change[] {
  const events = job.events.filter(({ status }, at) => status !== job.events[at - 1]?.status);
  if (events[0]?.version === 1) return events as Change[];
  const { created_at, queued_at, started_at, finished_at, attempt } = job;
  const own: (Change | undefined)[] = [
    { status: "scheduled", attempt: 0, at: created_at },
    queued_at ? { status: "queued", attempt, at: queued_at } : undefined,
    started_at ? { status: "running", attempt, at: started_at } : undefined,
    finished_at ? { status: job.status, attempt, at: finished_at } : undefined,
  ];
  return own.filter((it) => it !== undefined).filter((it, at, all) => it.at !== all[at + 1]?.at);
}

export function isEnd(status: string): boolean {
  return ["success", "failed", "dead_letter", "cancelled"].includes(status);
}

export interface Part {
  readonly phase: Phase;
  /** Percent of the width. */
  readonly start: number;
  readonly width: number;
  /** Drawn shorter than it lasted, so that the others can be seen. */
  readonly broken: boolean;
}

/** The least share of the width at which a part can still be seen. */
const LEAST = 0.03;
/** What each part gets beside the cut ones, and the most that they get together. */
const BESIDE = { each: 0.05, most: 0.5 };
const MOST_CUTS = 3;

/**
 * Where each phase stands. To scale as long as every phase can be seen; otherwise the longest are
 * cut to make room for the others. The cut ones are to scale among themselves, and so are the rest.
 */
export function toScale(all: readonly Phase[]): readonly Part[] {
  const spans = all.map(({ from, to }) => to - from);
  const cut = new Set<number>();
  while (cut.size < MOST_CUTS && needsCut(spans, cut)) cut.add(longest(spans, cut));
  const rest = sum(spans, cut);
  const long = sum(spans, new Set()) - rest;
  const others = spans.filter((span, at) => !cut.has(at) && span > 0).length;
  const room = cut.size === 0 ? 1 : Math.min(BESIDE.each * others, BESIDE.most);
  let start = 0;
  return all.map((phase, at) => {
    const [whole, share] = cut.has(at) ? [long, 1 - room] : [rest, room];
    const width = whole > 0 ? ((spans[at] ?? 0) / whole) * share : 0;
    const part = { phase, start: start * 100, width: width * 100, broken: cut.has(at) };
    start += width;
    return part;
  });
}

function needsCut(spans: readonly number[], cut: ReadonlySet<number>): boolean {
  const rest = sum(spans, cut);
  const left = spans.filter((span, at) => !cut.has(at) && span > 0);
  return left.length > 1 && left.some((span) => span / rest < LEAST);
}

function longest(spans: readonly number[], cut: ReadonlySet<number>): number {
  return spans.reduce(
    (best, span, at) => (!cut.has(at) && (cut.has(best) || span > (spans[best] ?? 0)) ? at : best),
    0,
  );
}

function sum(spans: readonly number[], without: ReadonlySet<number>): number {
  return spans.reduce((total, span, at) => (without.has(at) ? total : total + span), 0);
}

/** Seconds that a job spent in each status that it had, in the order in which it had them. */
export function totals(all: readonly Phase[]): ReadonlyMap<JobStatus, number> {
  const seconds = new Map<JobStatus, number>();
  for (const { status, from, to } of all) {
    seconds.set(status, (seconds.get(status) ?? 0) + (to - from) / 1000);
  }
  return seconds;
}
