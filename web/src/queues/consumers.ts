/** What the list of workers says about one queue. Pure. */
import type { Priority, WorkerView } from "~/api/schema.ts";

/** Units that are there and serve the queue, those that take new jobs first. */
export function consumersOf(workers: readonly WorkerView[], queue: string): readonly WorkerView[] {
  return workers
    .filter((it) => it.status !== "offline" && it.queues.includes(queue))
    .toSorted((one, other) => Number(isTaking(other)) - Number(isTaking(one)));
}

function isTaking({ status, wanted }: WorkerView): boolean {
  return status === "online" && wanted === "run";
}

/** Each type of the queue's jobs that run now with how many, the most first. */
export function runningByType(
  workers: readonly WorkerView[],
  priority: Priority,
): readonly (readonly [string, number])[] {
  const counts = new Map<string, number>();
  for (const job of workers.flatMap((it) => it.jobs)) {
    if (job.priority === priority) counts.set(job.type, (counts.get(job.type) ?? 0) + 1);
  }
  return [...counts].toSorted(([a, n], [b, m]) => m - n || a.localeCompare(b));
}
