import type { ReactNode } from "react";
import type { JobFilters } from "~/api/jobs.ts";
import { NoJobs, NoMatch } from "~/jobs/no-jobs.tsx";
import type { Shown } from "~/jobs/use-job-list.ts";
import { Failure, Skeleton } from "~/ui/faces.tsx";

interface Props {
  readonly shown: Shown;
  readonly refused: boolean;
  readonly filters: JobFilters;
  readonly onFilters: (filters: JobFilters) => void;
  /** There is no job at all. */
  readonly empty: boolean;
  readonly children: ReactNode;
}

/** The face of the list: being read, refused, failed, empty, or its rows. */
export function ListBody({ shown, refused, filters, onFilters, empty, children }: Props) {
  const { shape, failure, lags } = shown;
  if (refused)
    return <p className="px-4 py-10 text-soft md:px-6">The search is not understood yet.</p>;
  if (failure || shape.state === "reading") {
    return (
      <div className="px-4 md:px-6">
        {failure ? <Failure error={failure} onRetry={shown.retry} /> : <Skeleton rows={18} />}
      </div>
    );
  }
  const found = shape.ids.length > 0 || shape.more !== "no";
  if (!found && !lags) {
    return empty ? <NoJobs /> : <NoMatch filters={filters} onFilters={onFilters} />;
  }
  return (
    <div
      className={`flex min-h-0 flex-1 flex-col transition-opacity duration-100 ${lags ? "opacity-50" : ""}`}
    >
      {children}
    </div>
  );
}
