import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { relatedQuery } from "~/api/job.ts";
import type { JobDetail, JobItem } from "~/api/schema.ts";
import { Failure, Skeleton } from "~/ui/faces.tsx";
import { Moment, Took } from "~/ui/moment.tsx";
import { Shown } from "~/ui/shown.tsx";
import { Status } from "~/ui/status.tsx";
import { Table } from "~/ui/table.tsx";

interface Circle {
  readonly title: string;
  readonly q: string;
}

/** Jobs that have something in common with this one. */
export function Related({ job }: { job: JobDetail }) {
  return (
    <div className="flex flex-col gap-8">
      {circles(job).map((it) => (
        <Some key={it.q} circle={it} job={job} />
      ))}
    </div>
  );
}

/** What jobs can have in common, closest first; each is a search that the list can show whole. */
function circles({ schedule_id, tags, type, error }: JobDetail): readonly Circle[] {
  return [
    ...(schedule_id ? [{ title: "Made by the same schedule", q: `schedule:${schedule_id}` }] : []),
    ...(error?.fingerprint
      ? [{ title: "Failed in the same way", q: `failure:${error.fingerprint}` }]
      : []),
    ...tags.slice(0, 2).map((tag) => ({ title: `Tagged ${tag}`, q: `tag:${JSON.stringify(tag)}` })),
    { title: "Of the same type", q: `type:${type}` },
  ];
}

function Some({ circle: { title, q }, job }: { circle: Circle; job: JobDetail }) {
  const query = useQuery(relatedQuery(q));
  const others = query.data?.items.filter((it) => it.id !== job.id).slice(0, 5);
  return (
    <section aria-label={title} className="flex min-w-0 flex-col gap-1">
      <header className="flex items-baseline gap-4">
        <h2 className="font-medium">
          <Shown text={title} />
        </h2>
        <Link to="/jobs" search={{ q }} className="text-ember underline">
          All of them
        </Link>
      </header>
      {query.isPending && <Skeleton rows={3} />}
      {query.isError && !others && (
        <Failure error={query.error} onRetry={() => void query.refetch()} />
      )}
      {others?.length === 0 && <p className="py-2 text-soft">No other job.</p>}
      {others && others.length > 0 && (
        <Table
          label={title}
          rows={others}
          rowKey={(it) => it.id}
          columns={[
            { head: "Status", width: "w-32", cell: ({ status }) => <Status status={status} /> },
            { head: "Job", cell: (it) => <Name item={it} /> },
            {
              head: "Submitted",
              width: "w-28",
              align: "end",
              cell: (it) => <Moment at={it.created_at} />,
            },
            {
              head: "Took",
              width: "w-24",
              align: "end",
              cell: (it) => <Took seconds={it.duration_seconds} />,
            },
          ]}
        />
      )}
    </section>
  );
}

function Name({ item: { id, summary } }: { item: JobItem }) {
  return (
    <Link
      to="/jobs/$jobId"
      params={{ jobId: id }}
      className="wrap-anywhere underline decoration-hairline underline-offset-2 hover:decoration-current"
    >
      <Shown text={summary ?? id} />
    </Link>
  );
}
