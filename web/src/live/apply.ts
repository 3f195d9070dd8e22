/**
 * What a live frame does to what the page shows. Pure: nothing here fetches, waits or renders.
 *
 * Frames of one job may come twice or late (after a resume, or beside an answer of the API): the
 * higher `version` wins, and progress within one version always applies.
 */
import type {
  DeletedFrame,
  EventRecord,
  JobDetail,
  JobFrame,
  JobItem,
  JobRow,
  LiveFrame,
  ToldFrame,
} from "~/api/schema.ts";

/** One frame may carry many: the events in order. */
export function unpack(frame: LiveFrame): readonly ToldFrame[] {
  if (frame.event === "batch") return frame.events;
  return isTold(frame) ? [frame] : [];
}

function isTold(frame: LiveFrame): frame is ToldFrame {
  return "job_id" in frame || "worker_id" in frame || "queue" in frame;
}

export function isJobFrame(frame: ToldFrame): frame is JobFrame {
  return "job" in frame;
}

const BYTHEWAY: ReadonlySet<string> = new Set(["job_progress", "job_log", "job_stream"]);

/** Whether a frame tells of a change, not only of how a job gets on. */
export function isChange(frame: JobFrame): boolean {
  return !BYTHEWAY.has(frame.event);
}

/** Whether a frame says more than what is shown. */
function isNewer(frame: JobFrame, shown: JobRow): boolean {
  return (
    frame.version > shown.version ||
    (frame.version === shown.version && frame.event === "job_progress")
  );
}

/** What some frames say, once for each job. */
export interface Told {
  /** Jobs that are shown, as they are now. */
  readonly changed: ReadonlyMap<string, JobItem>;
  /** The latest of each job that is not shown. */
  readonly others: ReadonlyMap<string, JobFrame>;
  readonly deleted: ReadonlySet<string>;
}

/**
 * What frames say about the jobs of a list; it costs the same however long the list is.
 *
 * @param shown the job as the list has it; undefined when it has none of this id.
 */
export function sortOut(
  frames: readonly ToldFrame[],
  shown: (id: string) => JobItem | undefined,
): Told {
  const changed = new Map<string, JobItem>();
  const others = new Map<string, JobFrame>();
  const deleted = new Set<string>();
  for (const frame of frames) {
    const id = "job_id" in frame ? frame.job_id : "";
    if (isDeletion(frame)) deleted.add(id);
    else if (isJobFrame(frame)) take(frame, changed.get(id) ?? shown(id));
  }
  for (const id of deleted) others.delete(id);
  return { changed, others, deleted };

  function take(frame: JobFrame, known: JobItem | undefined): void {
    const id = frame.job_id;
    if (known && isNewer(frame, known)) changed.set(id, { ...known, ...frame.job });
    else if (!known && frame.version >= (others.get(id)?.version ?? 0)) others.set(id, frame);
  }
}

/**
 * A job's page after some frames: the row's facts, the attempt that has begun or ended, what has
 * happened, and its log. Who did it, results and errors do not come in frames: they are read.
 *
 * @returns the same object when nothing changed.
 */
export function applyToDetail(detail: JobDetail, frames: readonly ToldFrame[]): JobDetail {
  const own = frames.filter((it): it is JobFrame => isJobFrame(it) && it.job_id === detail.id);
  const told = own.reduce(withChange, detail);
  const last = told.logs.at(-1)?.seq ?? 0;
  const lines = own.flatMap(({ log }) => (log && log.seq > last ? [log] : []));
  if (lines.length === 0) return told;
  const each = new Map(lines.map((line) => [line.seq, line]));
  return { ...told, logs: [...told.logs, ...[...each.values()].sort((a, b) => a.seq - b.seq)] };
}

function withChange(detail: JobDetail, frame: JobFrame): JobDetail {
  if (!isNewer(frame, detail)) return detail;
  const next = { ...detail, ...frame.job };
  if (frame.version === detail.version) return next;
  const { version, at, status, job } = frame;
  const event: EventRecord = {
    version,
    event: frame.event,
    at,
    status,
    attempt: job.attempt,
    actor: null,
    data: null,
  };
  const events = [...detail.events, event];
  return { ...next, events, attempts: attemptsAfter(detail.attempts, frame) };
}

function attemptsAfter(attempts: JobDetail["attempts"], { job, status, at }: JobFrame) {
  const last = attempts.at(-1);
  if (status === "running") {
    if (last?.number === job.attempt || !job.worker_id) return attempts;
    const begun = {
      number: job.attempt,
      worker_id: job.worker_id,
      started_at: job.started_at ?? at,
      finished_at: null,
      outcome: null,
      error: null,
    };
    return [...attempts, begun];
  }
  if (!last || last.finished_at) return attempts;
  const ended = { ...last, finished_at: job.finished_at ?? at, outcome: status };
  return [...attempts.slice(0, -1), ended];
}

export function isDeletion(frame: ToldFrame): frame is DeletedFrame {
  return frame.event === "job_deleted";
}
