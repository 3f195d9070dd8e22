/**
 * What a live frame does to what the page shows. Pure: nothing here fetches, waits or renders.
 *
 * Frames of one job may come twice or late (after a resume, or beside an answer of the API): the
 * higher `version` wins, and progress within one version always applies.
 */
import type { DeletedFrame, JobFrame, JobItem, LiveFrame, ToldFrame } from "~/api/schema.ts";

/** A list of jobs as it stands on the page. */
export interface JobList {
  readonly items: readonly JobItem[];
  /** Jobs that came since, and are not shown yet: "n new". */
  readonly fresh: ReadonlySet<string>;
  /** Jobs that were deleted while shown; their rows stay, struck out, until the next reading. */
  readonly gone: ReadonlySet<string>;
}

export const EMPTY_LIST: JobList = { items: [], fresh: new Set(), gone: new Set() };

/** One frame may carry many: the events in order. */
export function unpack(frame: LiveFrame): readonly ToldFrame[] {
  if (frame.event === "batch") return frame.events;
  return "id" in frame ? [frame] : [];
}

export function isJobFrame(frame: ToldFrame): frame is JobFrame {
  return "job" in frame;
}

/** Whether a frame says more than what is shown. */
export function isNewer(frame: JobFrame, shown: JobItem): boolean {
  return (
    frame.version > shown.version ||
    (frame.version === shown.version && frame.event === "job_progress")
  );
}

/**
 * A list after some frames: rows change in place, and what is new is counted, never inserted.
 *
 * @param matches whether a job belongs to the list by its filters.
 * @returns the same object when nothing changed.
 */
export function applyToList(
  list: JobList,
  frames: readonly ToldFrame[],
  matches: (frame: JobFrame) => boolean,
): JobList {
  return frames.reduce((before, frame) => applyOne(before, frame, matches), list);
}

function applyOne(list: JobList, frame: ToldFrame, matches: (frame: JobFrame) => boolean): JobList {
  if (isDeletion(frame)) return without(list, frame.job_id);
  if (!isJobFrame(frame)) return list;
  const place = list.items.findIndex((it) => it.id === frame.job_id);
  const shown = list.items[place];
  if (shown) {
    if (!isNewer(frame, shown)) return list;
    return { ...list, items: list.items.with(place, { ...shown, ...frame.job }) };
  }
  if (!isBirth(frame) || list.fresh.has(frame.job_id) || !matches(frame)) return list;
  return { ...list, fresh: new Set(list.fresh).add(frame.job_id) };
}

function without(list: JobList, id: string): JobList {
  const fresh = list.fresh.has(id)
    ? new Set([...list.fresh].filter((it) => it !== id))
    : list.fresh;
  const shown = list.items.some((it) => it.id === id) && !list.gone.has(id);
  const gone = shown ? new Set(list.gone).add(id) : list.gone;
  return fresh === list.fresh && gone === list.gone ? list : { ...list, fresh, gone };
}

function isDeletion(frame: ToldFrame): frame is DeletedFrame {
  return frame.event === "job_deleted";
}

/** A job that did not exist before; a retry or a promotion of an old one is not news. */
function isBirth(frame: JobFrame): boolean {
  return frame.version === 1;
}
