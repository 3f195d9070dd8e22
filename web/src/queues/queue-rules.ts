/** What stands out about a queue, and which comes first. Pure. */
import type { QueueView } from "~/api/schema.ts";

/** The worst comes first. */
export type Mark = "no workers" | "paused with backlog" | "limit is 0" | "growing" | "at its limit";

/** A difference that one burst in five minutes cannot make. */
const GROWS_BY = { share: 0.1, perMinute: 1 };

export function marksOf(queue: QueueView): readonly Mark[] {
  const { depth, running, paused, workers, concurrency_limit: limit } = queue;
  const marks: Mark[] = [];
  if (workers === 0) marks.push("no workers");
  if (depth === 0) return marks;
  if (paused) marks.push("paused with backlog");
  if (limit === 0) marks.push("limit is 0");
  if (isGrowing(queue)) marks.push("growing");
  if (limit !== null && limit > 0 && running >= limit) marks.push("at its limit");
  return marks;
}

/** More came than were started, over the last five full minutes; of a pause that is no news. */
function isGrowing({ paused, in_per_minute: came, out_per_minute: went }: QueueView): boolean {
  return !paused && came - went >= Math.max(GROWS_BY.perMinute, came * GROWS_BY.share);
}

/** Seconds; between two steps an order would change with every reading, and rows would jump. */
const STEPS = [10, 60, 300, 1_800, 7_200, 43_200];

/** The latest first, in coarse steps; among equals the most urgent, as the server lists them. */
export function byLateness(queues: readonly QueueView[]): readonly QueueView[] {
  return queues.toSorted((one, other) => lateness(other) - lateness(one));
}

function lateness({ oldest_age_seconds: age }: QueueView): number {
  return STEPS.filter((step) => (age ?? 0) >= step).length;
}

/** Until nothing waits, in a word where there is no number. */
export type Drain = number | "empty" | "paused" | "never";

export function drainOf({ depth, paused, drain_seconds: seconds }: QueueView): Drain {
  if (depth === 0) return "empty";
  if (paused) return "paused";
  return seconds ?? "never";
}

/** A limit as it is typed: nothing means none; undefined is not understood. */
export function readLimit(typed: string): number | null | undefined {
  const words = typed.trim();
  if (words === "") return null;
  return /^\d{1,6}$/.test(words) ? Number(words) : undefined;
}
