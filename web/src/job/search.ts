import { oneOf, type Raw } from "~/lib/search.ts";

export const JOB_TABS = [
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
}

export function readJobSearch(search: Raw): JobSearch {
  const tab = oneOf(search.tab, JOB_TABS);
  return tab ? { tab } : {};
}
