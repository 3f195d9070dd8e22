import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { alikeQuery, searchOf } from "~/api/failures.ts";
import { Notice, Skeleton } from "~/ui/faces.tsx";
import { Moment } from "~/ui/moment.tsx";
import { Shown } from "~/ui/shown.tsx";
import { Status } from "~/ui/status.tsx";

/** The newest jobs that failed so last. */
export function AlikeJobs({ fingerprint }: { fingerprint: string }) {
  const jobs = useQuery(alikeQuery(fingerprint));
  return (
    <section aria-label="Jobs" className="flex flex-col gap-1">
      <h3 className="flex items-baseline justify-between gap-3 font-medium">
        Jobs
        <Link
          to="/jobs"
          search={{ q: searchOf(fingerprint) }}
          className="font-normal text-ember text-sm hover:underline"
        >
          Show all in Jobs
        </Link>
      </h3>
      {jobs.isPending && <Skeleton rows={4} />}
      {jobs.isError && <Notice error={jobs.error} />}
      {jobs.data?.items.length === 0 && (
        <p className="py-2 text-soft">
          None is left: they were deleted, or have run differently since.
        </p>
      )}
      <ul>
        {jobs.data?.items.map((job) => (
          <li key={job.id} className="border-hairline border-b">
            <Link
              to="/jobs/$jobId"
              params={{ jobId: job.id }}
              className="flex min-h-9 items-center gap-3 py-1 hover:bg-hover"
            >
              <span className="w-28 shrink-0">
                <Status status={job.status} />
              </span>
              <span className="min-w-0 flex-1 truncate">
                <Shown text={job.summary ?? job.id} />
              </span>
              <span className="text-soft">
                <Moment at={job.finished_at ?? job.created_at} />
              </span>
            </Link>
          </li>
        ))}
      </ul>
    </section>
  );
}
