import { useQueries } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { joined, LOG_PAGE, logPage, logPageQuery } from "~/api/job.ts";
import type { JobDetail, LogLine } from "~/api/schema.ts";
import { fillFrom, type Hole, holes } from "~/job/log-rows.ts";

/** Pages that are read for a file of the whole log; each counts against the person's rate limit. */
const MOST_PAGES = 50;

/** The lines that the page has: the last ones, which come with the job, and pages asked for. */
export function useLogLines(job: JobDetail, line: number | undefined) {
  const [pages, setPages] = useState<readonly number[]>(() => {
    const has = line === undefined || job.logs.some((it) => it.seq === line);
    return has ? [] : [fillFrom({ from: 0, to: line + LOG_PAGE / 2 }, LOG_PAGE)];
  });
  const { read, error, loading } = useQueries({
    queries: pages.map((after) => logPageQuery(job.id, after)),
    combine: (all) => ({
      read: all.flatMap(({ data }, at) => (data ? [{ ...data, after: pages[at] ?? 0 }] : [])),
      error: all.find((it) => it.error)?.error,
      loading: all.some((it) => it.isPending),
    }),
  });
  const lines = useMemo(() => {
    const older = read.flatMap((it) => it.items);
    return older.length > 0 ? joined(job.logs, older) : job.logs;
  }, [job.logs, read]);
  const missing = useMemo(() => holes(job.logs, read), [job.logs, read]);

  function fill(hole: Hole): void {
    const after = fillFrom(hole, LOG_PAGE);
    setPages((known) => (known.includes(after) ? known : [...known, after]));
  }

  return { lines, missing, fill, error, loading };
}

export interface WholeLog {
  readonly lines: readonly LogLine[];
  /** There are more than can be read at once. */
  readonly cut: boolean;
}

/** A whole log: the lines that are here, and those of its holes. */
export async function wholeLog(
  jobId: string,
  here: readonly LogLine[],
  missing: readonly Hole[],
): Promise<WholeLog> {
  let lines = [...here];
  let read = 0;
  for (const { from, to } of missing) {
    for (let after = from; after < to; read += 1) {
      if (read === MOST_PAGES) return { lines, cut: true };
      const page = await logPage(jobId, after);
      lines = joined(lines, page.items);
      after = page.next_cursor === null ? to : (page.items.at(-1)?.seq ?? to);
    }
  }
  return { lines, cut: false };
}
