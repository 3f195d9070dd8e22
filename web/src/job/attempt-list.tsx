import { ChevronRight } from "lucide-react";
import { useState } from "react";
import type { AttemptRecord, JobDetail } from "~/api/schema.ts";
import { Host } from "~/job/host.tsx";
import { isEnd, type Part, phases, toScale } from "~/job/timeline.ts";
import { Trace } from "~/job/trace-view.tsx";
import { span } from "~/lib/format.ts";
import { useNow } from "~/lib/use-now.ts";
import { Empty } from "~/ui/faces.tsx";
import { Facts } from "~/ui/facts.tsx";
import { Moment, Took } from "~/ui/moment.tsx";
import { Shown } from "~/ui/shown.tsx";
import { STATUSES, Status } from "~/ui/status.tsx";

/** Every attempt, the newest first, on one scale; each opens to what is known of it. */
export function AttemptList({ job }: { job: JobDetail }) {
  const now = useNow();
  const parts = toScale(phases(job, isEnd(job.status) ? 0 : now));
  if (job.attempts.length === 0) {
    return (
      <Empty title="No attempt yet">
        <p>The first begins when a worker takes the job.</p>
      </Empty>
    );
  }
  return (
    <ol className="flex flex-col">
      {job.attempts.toReversed().map((attempt) => (
        <Attempt
          key={attempt.number}
          attempt={attempt}
          part={parts.find(
            ({ phase }) => phase.status === "running" && phase.attempt === attempt.number,
          )}
          next={job.attempts.find((it) => it.number > attempt.number)}
          open={job.attempts.length === 1}
        />
      ))}
    </ol>
  );
}

interface Props {
  readonly attempt: AttemptRecord;
  readonly part: Part | undefined;
  readonly next: AttemptRecord | undefined;
  readonly open: boolean;
}

function Attempt({ attempt, part, next, open: first }: Props) {
  const [open, setOpen] = useState(first);
  const { number, worker_id, started_at, finished_at, outcome, error } = attempt;
  const seconds = finished_at ? (Date.parse(finished_at) - Date.parse(started_at)) / 1000 : null;
  return (
    <li className="border-hairline border-b">
      <button
        type="button"
        aria-expanded={open}
        onClick={() => setOpen(!open)}
        className="flex min-h-9 w-full cursor-pointer flex-wrap items-center gap-x-4 gap-y-1 py-1 text-left -outline-offset-2 hover:bg-hover"
      >
        <ChevronRight
          aria-hidden
          className={`size-3.5 shrink-0 text-faint transition-transform duration-100 ${open ? "rotate-90" : ""}`}
        />
        <span className="figures w-6">{number}</span>
        <span className="w-28">
          <Outcome outcome={outcome} />
        </span>
        <span aria-hidden className="relative h-3 min-w-24 flex-1 border-hairline border-b">
          {part && (
            <span
              style={{ left: `${part.start}%`, width: `max(${part.width}%, 2px)` }}
              className={`absolute inset-y-0.5 rounded-xs forced-colors:border ${error ? "bg-failed/70" : "bg-running"}`}
            />
          )}
        </span>
        <span className="w-24 text-right">
          <Took seconds={seconds} from={started_at} />
        </span>
      </button>
      {open && (
        <div className="flex flex-col gap-3 pt-1 pb-4 pl-8">
          <Facts
            facts={[
              ["Worker", <Host key="worker" workerId={worker_id} />],
              [
                "Worker id",
                <span key="id" className="figures">
                  {worker_id}
                </span>,
              ],
              ["Started", <Moment key="started" at={started_at} as="clock" />],
              ["Ended", finished_at && <Moment key="ended" at={finished_at} as="clock" />],
              ["How it ended", outcome && HOW[outcome]],
              [
                "Until the next",
                finished_at && next && (
                  <span key="next" className="figures">
                    {span((Date.parse(next.started_at) - Date.parse(finished_at)) / 1000)}
                  </span>
                ),
              ],
              ["Error", error && <Shown key="error" text={`${error.kind}: ${error.message}`} />],
            ]}
          />
          {error?.traceback && <Trace trace={error.traceback} />}
        </div>
      )}
    </li>
  );
}

const HOW: Readonly<Record<string, string>> = {
  lost: "Its worker fell silent, and the job was taken from it.",
  released: "Its worker left, and handed the job back. This counts as no failure.",
  retrying: "It failed, and was booked for another attempt.",
};

function Outcome({ outcome }: { outcome: string | null }) {
  if (outcome === null) return <Status status="running" />;
  const status = STATUSES.find((it) => it === outcome);
  if (status === "retrying") return <span className="text-retrying">Failed</span>;
  return status ? <Status status={status} /> : <span className="text-retrying">{outcome}</span>;
}
