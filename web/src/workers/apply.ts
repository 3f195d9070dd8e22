/**
 * What live frames do to the list of workers. Pure. A unit's own facts come with its heartbeats and
 * are not told; its status and its jobs are.
 */
import type { CurrentJob, JobFrame, ToldFrame, WorkerFrame, WorkerView } from "~/api/schema.ts";
import { isJobFrame } from "~/live/apply.ts";

/** Units after some frames; the same array when nothing changed. */
export function applyToWorkers(
  workers: readonly WorkerView[],
  frames: readonly ToldFrame[],
): readonly WorkerView[] {
  return frames.reduce(applyOne, workers);
}

function applyOne(workers: readonly WorkerView[], frame: ToldFrame): readonly WorkerView[] {
  if (isJobFrame(frame)) return withJob(workers, frame);
  return isWorkerFrame(frame) ? withStatus(workers, frame) : workers;
}

/** Whether a frame tells of a unit that is not in the list. */
export function isUnknown(workers: readonly WorkerView[], frame: ToldFrame): boolean {
  return isWorkerFrame(frame) && !workers.some((it) => it.id === frame.worker_id);
}

function isWorkerFrame(frame: ToldFrame): frame is WorkerFrame {
  return frame.event === "worker_online" || frame.event === "worker_offline";
}

function withStatus(workers: readonly WorkerView[], frame: WorkerFrame): readonly WorkerView[] {
  return replaced(workers, (worker) =>
    worker.id === frame.worker_id
      ? {
          ...worker,
          status: frame.status,
          lost: frame.reason === "lost",
          stopped_at: frame.status === "offline" ? frame.at : null,
        }
      : worker,
  );
}

/** A job runs on one unit at most; the higher attempt knows better. */
function withJob(workers: readonly WorkerView[], frame: JobFrame): readonly WorkerView[] {
  const owner = frame.status === "running" ? frame.job.worker_id : null;
  return replaced(workers, (worker) => {
    const held = worker.jobs.find((it) => it.id === frame.job_id);
    if (held && held.attempt > frame.job.attempt) return worker;
    if (worker.id === owner) {
      if (held?.attempt === frame.job.attempt) return worker;
      const others = worker.jobs.filter((it) => it !== held);
      return { ...worker, jobs: [...others, currentJob(frame)] };
    }
    return held ? { ...worker, jobs: worker.jobs.filter((it) => it !== held) } : worker;
  });
}

function currentJob({ job, at }: JobFrame): CurrentJob {
  const { id, type, priority, attempt, started_at, timeout_seconds } = job;
  return { id, type, priority, attempt, started_at: started_at ?? at, timeout_seconds };
}

function replaced(
  workers: readonly WorkerView[],
  change: (worker: WorkerView) => WorkerView,
): readonly WorkerView[] {
  const next = workers.map(change);
  return next.every((it, index) => it === workers[index]) ? workers : next;
}
