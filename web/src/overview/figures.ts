/** What the tiles say of the figures of past minutes. Pure. */
import type { QueueView, Slice } from "~/api/schema.ts";

/** Jobs that ended: well, badly, or on request. */
export function ended(slice: Slice): number {
  return slice.succeeded + failed(slice) + slice.cancelled;
}

export function failed(slice: Slice): number {
  return slice.failed + slice.dead_letter;
}

/** What was counted, without the span that is still under way: it would look like a fall. */
export function whole(slices: readonly Slice[]): readonly Slice[] {
  return slices.slice(0, -1);
}

export function total(slices: readonly Slice[], of: (slice: Slice) => number): number {
  return slices.reduce((sum, it) => sum + of(it), 0);
}

/** The share of ended jobs that failed; undefined where none ended. Cancelled ones tell nothing. */
export function failureRate(slices: readonly Slice[]): number | undefined {
  const bad = total(slices, failed);
  const all = bad + total(slices, (it) => it.succeeded);
  return all === 0 ? undefined : bad / all;
}

/** How much more than before, as a share: 0.12 is 12 % more; undefined without a before. */
export function change(now: number | undefined, before: number | undefined): number | undefined {
  return now === undefined || !before ? undefined : now / before - 1;
}

/** Seconds that the job that has waited longest has been due, by the clock of whoever looks. */
export function lateness(queue: QueueView, now: number): number {
  if (queue.oldest_due_at === null) return 0;
  return Math.max(0, (now - Date.parse(queue.oldest_due_at)) / 1000);
}

/** The latest first, then the fullest. */
export function byLateness(queues: readonly QueueView[]): readonly QueueView[] {
  const due = (it: QueueView) => (it.oldest_due_at ? Date.parse(it.oldest_due_at) : Infinity);
  return queues.toSorted((a, b) => {
    const apart = due(a) - due(b);
    return (Number.isNaN(apart) ? 0 : apart) || b.depth + b.running - (a.depth + a.running);
  });
}
