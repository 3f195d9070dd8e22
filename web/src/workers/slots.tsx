import { Link } from "@tanstack/react-router";
import type { CurrentJob, WorkerView } from "~/api/schema.ts";
import { count, percent, span } from "~/lib/format.ts";
import { useNow } from "~/lib/use-now.ts";
import { type Age, ageOf, shareUsed, slotsOf } from "~/workers/worker-rules.ts";

const MOST = 64;

const TONES = {
  fresh: "border-running/60 text-running",
  old: "border-retrying/60 text-retrying",
  due: "border-failed text-failed",
} satisfies Record<Age, string>;

/**
 * The places of a unit: a square is a job, and fills from below as the job uses up its run limit.
 * Near the limit it has a bar across, so that no colour has to be told apart.
 */
export function Slots({ worker }: { worker: WorkerView }) {
  const now = useNow();
  const { jobs, free, more } = slotsOf(worker, MOST);
  return (
    <div className="flex items-center gap-3">
      <ul
        aria-label={`${count(worker.jobs.length)} of ${count(worker.slots)} slots are in use`}
        className="-ml-1.25 flex max-w-96 flex-wrap"
      >
        {jobs.map((job) => (
          <Slot key={job.id} job={job} now={now} />
        ))}
        {Array.from({ length: free }, (_, place) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: free places are alike
          <li key={place} aria-hidden className="grid size-6 place-items-center">
            <span className="size-3.5 rounded-[3px] border border-edge/70" />
          </li>
        ))}
        {more > 0 && (
          <li className="figures flex h-6 items-center px-1 text-faint">+{count(more)}</li>
        )}
      </ul>
    </div>
  );
}

function Slot({ job, now }: { job: CurrentJob; now: number }) {
  const share = shareUsed(job, now);
  const age = ageOf(share);
  const elapsed = span(Math.max(0, Math.floor((now - Date.parse(job.started_at)) / 1000)));
  const words = `${job.type}, ${elapsed}: ${percent(Math.min(share, 1))} of its ${span(job.timeout_seconds)}`;
  return (
    <li>
      <Link
        to="/jobs/$jobId"
        params={{ jobId: job.id }}
        title={words}
        aria-label={words}
        className="group grid size-6 place-items-center rounded"
      >
        <span
          className={`relative size-3.5 overflow-hidden rounded-[3px] border group-hover:border-ink ${TONES[age]}`}
        >
          <span
            className="absolute inset-x-0 bottom-0 bg-current forced-colors:bg-[CanvasText]"
            style={{ height: `${Math.min(100, 15 + share * 85)}%` }}
          />
          {age === "due" && <span className="absolute inset-x-0 top-1/2 h-0.5 -mt-px bg-ground" />}
        </span>
      </Link>
    </li>
  );
}
