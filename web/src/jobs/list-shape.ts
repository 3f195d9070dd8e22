/** What the list of jobs tells of itself, and what it is made with. */
import type { JobItem, JobPage } from "~/api/schema.ts";
import type { Verdict } from "~/jobs/judge.ts";

export interface Row {
  readonly item: JobItem;
  /** `gone`: deleted. `out`: the filters do not match it any more. */
  readonly mark?: "gone" | "out";
}

/** What changes when rows come or go, and not when one of them changes. */
export interface Shape {
  readonly state: "reading" | "ready" | "failed";
  readonly ids: readonly string[];
  /** Whether there may be older ones; `tired` when many pages in a row brought nothing. */
  readonly more: "no" | "yes" | "reading" | "tired";
  /** Why the list, or its next page, could not be read. */
  readonly error?: Error;
  /** Jobs that belong to the list and are not shown. */
  readonly fresh: number;
  /** There are more fresh ones than are counted. */
  readonly freshAtLeast: boolean;
  /** New jobs were told of which only the server can say whether they belong. */
  readonly doubtful: boolean;
}

export interface Reading {
  readonly read: (
    cursor: string | undefined,
    limit: number,
    signal: AbortSignal,
  ) => Promise<JobPage>;
  readonly judge: (job: JobItem) => Verdict;
  /** Whether new rows may stand at the top without being asked for. */
  readonly mayInsert: () => boolean;
}

export const UNREAD: Shape = {
  state: "reading",
  ids: [],
  more: "no",
  fresh: 0,
  freshAtLeast: false,
  doubtful: false,
};

export function asItem(job: Omit<JobItem, "webhook_url" | "idempotency_key">): JobItem {
  return { webhook_url: null, idempotency_key: null, ...job };
}

export function asError(cause: unknown): Error {
  return cause instanceof Error ? cause : new Error(String(cause));
}

export function newestFirst(a: string, b: string): number {
  return a < b ? 1 : -1;
}
