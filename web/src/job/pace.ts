/** How fast a job gets on, from what it said lately. Pure. */
import type { Progress } from "~/api/schema.ts";

export interface Sample {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly attempt: number;
  readonly value: number;
  readonly total: number | undefined;
}

export interface Pace {
  /** Units a second: of `current`, or percent where nothing is counted. */
  readonly rate: number;
  readonly unit: "count" | "percent";
  /** Seconds; undefined when there is no end to reckon with. */
  readonly left: number | undefined;
}

const KEPT = 30;
const WINDOW_MS = 60_000;
/** Less than this tells nothing yet. */
const LEAST_MS = 2_000;

/** What a message says that can be measured; undefined when it says nothing of the kind. */
export function sample(
  progress: Partial<Progress>,
  attempt: number,
  at: number,
): Sample | undefined {
  const { current, total, percent } = progress;
  if (typeof current === "number")
    return { at, attempt, value: current, total: total ?? undefined };
  return typeof percent === "number" ? { at, attempt, value: percent, total: 100 } : undefined;
}

/** The samples with one more: another attempt, or one that begins anew, starts over. */
export function withSample(samples: readonly Sample[], next: Sample): readonly Sample[] {
  const last = samples.at(-1);
  if (
    !last ||
    last.attempt !== next.attempt ||
    next.value < last.value ||
    next.total !== last.total
  ) {
    return [next];
  }
  if (next.at <= last.at || next.value === last.value) return samples;
  return [...samples, next].slice(-KEPT);
}

/** @returns undefined as long as too little was said to tell. */
export function pace(
  samples: readonly Sample[],
  progress: Partial<Progress>,
  now: number,
): Pace | undefined {
  const recent = samples.filter((it) => it.at >= now - WINDOW_MS);
  const [first, last] = [recent[0], recent.at(-1)];
  if (!first || !last || now - first.at < LEAST_MS || last.value === first.value) return undefined;
  // Until now, not until the last message: what has stopped gets slower.
  const rate = (last.value - first.value) / ((Math.max(now, last.at) - first.at) / 1000);
  const left = last.total === undefined ? undefined : Math.max(0, last.total - last.value) / rate;
  return { rate, unit: typeof progress.current === "number" ? "count" : "percent", left };
}
