import type { JobFilters } from "~/api/jobs.ts";
import type { Priority } from "~/api/schema.ts";
import { type ColumnId, readColumns, writeColumns } from "~/jobs/column-choice.ts";
import { chosen, type Raw, text, texts, tidy } from "~/lib/search.ts";
import { STATUSES } from "~/ui/status.tsx";

export const PRIORITIES: readonly Priority[] = ["critical", "high", "normal", "low"];

/** What the address of the list says: the filters, the columns, and the job open beside it. */
export interface JobsSearch extends JobFilters {
  readonly job?: string;
  readonly cols?: string;
}

export function readJobsSearch(search: Raw): JobsSearch {
  const q = text(search.q);
  const job = text(search.job);
  const cols = columnsIn(search.cols);
  return tidy({
    ...(q ? { q } : {}),
    status: chosen(search.status, STATUSES),
    type: texts(search.type),
    priority: chosen(search.priority, PRIORITIES),
    ...(cols ? { cols: writeColumns(cols) } : {}),
    ...(job ? { job } : {}),
  });
}

function columnsIn(cols: unknown): readonly ColumnId[] | undefined {
  const given = text(cols);
  return given === undefined ? undefined : readColumns(given);
}

/** The filters alone, in one form: equal for addresses that list the same jobs. */
export function filtersOf({ q, status, type, priority }: JobsSearch): JobFilters {
  return tidy({
    ...(q ? { q } : {}),
    ...(status ? { status } : {}),
    ...(type ? { type } : {}),
    ...(priority ? { priority } : {}),
  });
}
