import { oneOf, type Raw, tidy } from "~/lib/search.ts";

const JOB_TABS = [
  "result",
  "payload",
  "logs",
  "events",
  "attempts",
  "webhooks",
  "related",
  "raw",
] as const;
export type JobTab = (typeof JOB_TABS)[number];

/** What the address of a job says; without a tab the one that fits its state opens. */
export interface JobSearch {
  readonly tab?: JobTab;
  /** A line of the log, by its number. */
  readonly line?: number;
}

export function readJobSearch(search: Raw): JobSearch {
  const tab = oneOf(search.tab, JOB_TABS);
  const line = Number(search.line);
  return tidy({
    ...(tab ? { tab } : {}),
    ...(Number.isSafeInteger(line) && line > 0 ? { line } : {}),
  });
}
