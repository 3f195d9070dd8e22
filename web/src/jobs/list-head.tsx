import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { JobFilters } from "~/api/jobs.ts";
import type { ApiProblem } from "~/api/problem.ts";
import type { Summary } from "~/api/schema.ts";
import { FilterChips } from "~/jobs/filter-chips.tsx";
import { FilterSheet } from "~/jobs/filter-sheet.tsx";
import { lacking } from "~/jobs/filters.ts";
import type { JobList } from "~/jobs/job-list.ts";
import { QueryBar } from "~/jobs/query-bar.tsx";
import { Refusal, wrongPlace } from "~/jobs/refusal.tsx";
import { StateStrip } from "~/jobs/state-strip.tsx";
import { useWide } from "~/lib/use-wide.ts";

interface Props {
  readonly list: JobList;
  readonly filters: JobFilters;
  readonly onFilters: (filters: JobFilters, replace?: boolean) => void;
  readonly summary: Summary | undefined;
  /** Why the search was not understood. */
  readonly refused: ApiProblem | undefined;
  /** There is a job beside the list, and less room. */
  readonly narrow: boolean;
  readonly actions: ReactNode;
}

/** What is listed, and how to narrow it. */
export function ListHead(props: Props) {
  const { list, filters, onFilters, summary, refused, narrow, actions } = props;
  const wide = useWide();
  const q = filters.q ?? "";
  return (
    <header className="flex flex-col gap-2 px-4 pt-4 pb-2 md:px-6">
      <div className="flex min-h-8 flex-wrap items-center gap-x-2 gap-y-1">
        <h1 className="mr-3 font-semibold text-xl tracking-tight">Jobs</h1>
        {wide && (
          <div
            className={
              narrow
                ? "order-last -ml-2 w-full"
                : "max-[86rem]:order-last max-[86rem]:-ml-2 max-[86rem]:w-full"
            }
          >
            <StateStrip filters={filters} onFilters={onFilters} summary={summary} />
          </div>
        )}
        <span className="ml-auto flex items-center gap-1">
          {actions}
          <Link
            to="/operations"
            className="flex h-8 items-center rounded-md px-2 text-soft hover:bg-hover hover:text-ink"
          >
            Operations
          </Link>
        </span>
      </div>
      <div className="flex items-center gap-2">
        <QueryBar
          q={q}
          list={list}
          wrongAt={refused && wrongPlace(refused, q)}
          describedBy={refused && "refusal"}
          onQuery={(next, done) =>
            onFilters(next ? { ...filters, q: next } : lacking(filters, "q"), !done)
          }
        />
        {!wide && <FilterSheet filters={filters} onFilters={onFilters} summary={summary} />}
      </div>
      {refused && <Refusal id="refusal" problem={refused} q={q} />}
      <FilterChips filters={filters} onFilters={onFilters} />
    </header>
  );
}
