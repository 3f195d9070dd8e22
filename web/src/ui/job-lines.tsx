import { Link } from "@tanstack/react-router";
import type { JobItem } from "~/api/schema.ts";
import { Moment, Took } from "~/ui/moment.tsx";
import { LOOKS } from "~/ui/status.tsx";

/** A few jobs, one line each; a line leads to its job. */
export function JobLines({ label, jobs }: { label: string; jobs: readonly JobItem[] }) {
  return (
    <ul aria-label={label}>
      {jobs.map((job) => {
        const { label: status, icon: Icon, tone } = LOOKS[job.status];
        return (
          <li key={job.id} className="flex h-9 items-center gap-2.5 border-hairline border-b">
            <span title={status} className={tone}>
              <Icon aria-hidden className="size-3.5" strokeWidth={2.25} />
              <span className="sr-only">{status}</span>
            </span>
            <Link
              to="/jobs/$jobId"
              params={{ jobId: job.id }}
              className="min-w-0 flex-1 truncate rounded py-1 hover:text-ember"
            >
              {job.summary ?? <span className="figures">{job.type}</span>}
            </Link>
            <span className="shrink-0 text-soft">
              {job.status === "running" ? (
                <Took from={job.started_at} />
              ) : (
                <Moment at={job.finished_at ?? job.created_at} />
              )}
            </span>
          </li>
        );
      })}
    </ul>
  );
}
