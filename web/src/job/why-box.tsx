import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { whyQuery } from "~/api/job.ts";
import type { Blocker, JobDetail, NoEstimate, StartEstimate, ToldFrame } from "~/api/schema.ts";
import { Host } from "~/job/host.tsx";
import { count } from "~/lib/format.ts";
import { isChange, isJobFrame } from "~/live/apply.ts";
import { useLive } from "~/live/live.tsx";
import { useRefresh } from "~/live/use-refresh.ts";
import { Notice } from "~/ui/faces.tsx";
import { Moment } from "~/ui/moment.tsx";

const NO_ESTIMATE = {
  not_waiting: "It does not wait.",
  paused: "nobody can tell before its queue is resumed.",
  no_worker: "nobody can tell before a worker comes that can run it.",
  limit_is_zero: "nobody can tell before the limit is raised above 0.",
  no_idle_worker: "it has to run alone, and when a worker is idle nobody can tell.",
  overtaken: "more urgent jobs come as fast as jobs are started.",
  no_recent_throughput: "nothing ran lately that the wait could be judged by.",
} satisfies Record<NoEstimate, string>;

/** Why a job waits, and until when; read again when something is told that may bear on it. */
export function WhyBox({ job }: { job: JobDetail }) {
  const options = whyQuery(job.id);
  const { paused } = useLive();
  const query = useQuery({ ...options, refetchInterval: paused ? false : 15_000 });
  useRefresh(options.queryKey, bearsOn(job), 5_000);
  const why = query.data;
  return (
    <section aria-label="Why it waits" className="border-retrying border-l-2 py-0.5 pl-4">
      <h2 className="font-medium">Why it waits</h2>
      {query.isPending && <p className="min-h-12 text-faint">Asking the scheduler…</p>}
      {query.isError && !why && <Notice error={query.error} />}
      {why && (
        <ul className="mt-1 flex flex-col gap-1">
          {why.blockers.map((it) => (
            <li key={it.kind}>
              {it.message}
              <Pointers blocker={it} job={job} />
            </li>
          ))}
          {why.blockers.length === 0 && <li>{why.message}</li>}
        </ul>
      )}
      {why && <Estimate estimate={why.estimate} reason={why.estimate_reason} />}
    </section>
  );
}

/** Whether a frame may change the answer: the job itself, its queue, the workers, room that came free. */
function bearsOn(job: JobDetail): (frame: ToldFrame) => boolean {
  return (frame) => {
    if (!isJobFrame(frame)) return frame.event !== "job_deleted";
    if (!isChange(frame)) return false;
    return frame.job_id === job.id || frame.priority === job.priority || frame.type === job.type;
  };
}

function Pointers({ blocker, job }: { blocker: Blocker; job: JobDetail }) {
  const to: ReactNode[] = [];
  if (blocker.until && blocker.kind === "queue_paused") {
    to.push(
      <span key="until">
        It resumes <Moment at={blocker.until} />
      </span>,
    );
  }
  if (blocker.kind === "queue_paused" || blocker.kind === "queue_limit") {
    to.push(
      <Link key="queue" to="/queues" className="text-ember underline">
        Go to its queue
      </Link>,
    );
  }
  if (blocker.kind.includes("worker") || blocker.kind === "slots_busy") {
    to.push(
      <Link key="workers" to="/workers" className="text-ember underline">
        Go to the workers
      </Link>,
    );
  }
  if (blocker.ahead) {
    to.push(
      <Link
        key="ahead"
        to="/jobs"
        search={{ q: `status:queued priority:${job.priority}` }}
        className="text-ember underline"
      >
        {blocker.exact ? "" : "About "}
        {count(blocker.ahead)} ahead
      </Link>,
    );
  }
  for (const id of blocker.jobs.slice(0, 3)) {
    to.push(
      <Link
        key={id}
        to="/jobs/$jobId"
        params={{ jobId: id }}
        className="figures text-ember underline"
      >
        …{id.slice(-8)}
      </Link>,
    );
  }
  for (const id of blocker.workers.slice(0, 3)) to.push(<Host key={id} workerId={id} />);
  return to.length > 0 && <span className="flex flex-wrap gap-x-4 text-soft">{to}</span>;
}

function Estimate({
  estimate,
  reason,
}: {
  estimate: StartEstimate | null;
  reason: NoEstimate | null;
}) {
  if (!estimate) {
    return reason ? <p className="mt-1 text-soft">No estimate: {NO_ESTIMATE[reason]}</p> : null;
  }
  const { p50_at, p90_at } = estimate;
  return (
    <p className="mt-1 text-soft">
      Probably starts <Moment at={p50_at} />
      {p90_at !== p50_at && (
        <>
          , nine times out of ten before <Moment at={p90_at} as="clock" />
        </>
      )}
    </p>
  );
}
