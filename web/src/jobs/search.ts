import type { JobFilters } from "~/api/jobs.ts";
import { chosen, type Raw, text, texts, tidy } from "~/lib/search.ts";
import { STATUSES } from "~/ui/status.tsx";

/** What the address of the list says: the filters, and the job that stands open beside it. */
export interface JobsSearch extends JobFilters {
  readonly job?: string;
}

export function readJobsSearch(search: Raw): JobsSearch {
  const q = text(search.q);
  const job = text(search.job);
  return tidy({
    ...(q ? { q } : {}),
    status: chosen(search.status, STATUSES),
    type: texts(search.type),
    ...(job ? { job } : {}),
  });
}
