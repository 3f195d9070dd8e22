import type { JobDetail, JobStatus } from "~/api/schema.ts";
import { isEnd, type Part, phases, toScale, totals } from "~/job/timeline.ts";
import { span } from "~/lib/format.ts";
import { useNow } from "~/lib/use-now.ts";
import { Moment } from "~/ui/moment.tsx";

/** What a job did while it had a status, and how that is drawn. */
const DID: Readonly<Record<JobStatus, { readonly words: string; readonly fill: string }>> = {
  scheduled: { words: "Was scheduled", fill: "border border-scheduled/60 bg-scheduled/15" },
  queued: { words: "Waited", fill: "border border-queued/50 bg-queued/15" },
  running: { words: "Ran", fill: "bg-running" },
  retrying: {
    words: "Backed off",
    fill: "border border-retrying/60 border-dashed bg-retrying/10",
  },
  success: { words: "Rested", fill: "border-hairline border-b" },
  failed: { words: "Lay failed", fill: "border-failed/60 border-b border-dotted" },
  dead_letter: { words: "Lay as a dead letter", fill: "border-dead/60 border-b border-dotted" },
  cancelled: { words: "Lay cancelled", fill: "border-cancelled/60 border-b border-dotted" },
};

/** From when the job was submitted to its end, or to now: each part to scale, cuts marked. */
export function TimeBar({ job }: { job: JobDetail }) {
  const now = useNow();
  const all = phases(job, isEnd(job.status) ? 0 : now);
  const parts = toScale(all);
  const last = all.at(-1);
  const cut = parts.some((it) => it.broken);
  return (
    <section aria-label="Timeline" className="flex flex-col gap-1.5">
      <p className="flex flex-wrap gap-x-5 gap-y-0.5">
        {[...totals(all)].map(([status, seconds]) => (
          <Key key={status} name={DID[status].words} seconds={seconds} fill={DID[status].fill} />
        ))}
        {cut && (
          <span className="ml-auto text-faint text-sm">
            Not to scale: what is cut lasted longer
          </span>
        )}
      </p>
      <div aria-hidden className="relative h-6">
        {parts.map((part) => (
          <Stretch key={`${part.phase.from} ${part.phase.status}`} part={part} />
        ))}
      </div>
      <p aria-hidden className="flex justify-between gap-4 text-faint text-sm">
        <Moment at={job.created_at} as="clock" />
        {last && (last.open ? "now" : <Moment at={new Date(last.to).toISOString()} as="clock" />)}
      </p>
      <ol className="sr-only">
        {all.map(({ status, from, to, open }) => (
          <li key={`${from} ${status}`}>
            {DID[status].words} {span((to - from) / 1000)}
            {open && ", and still does"}, from{" "}
            <Moment at={new Date(from).toISOString()} as="clock" />.
          </li>
        ))}
      </ol>
    </section>
  );
}

function Key({ name, seconds, fill }: { name: string; seconds: number; fill: string }) {
  return (
    <span className="flex items-center gap-2 text-soft">
      <span aria-hidden className={`size-2.5 ${fill}`} />
      {name}
      <span className="figures text-ink">{span(seconds)}</span>
    </span>
  );
}

function Stretch({ part: { phase, start, width, broken } }: { part: Part }) {
  const { words, fill } = DID[phase.status];
  const seconds = span((phase.to - phase.from) / 1000);
  const rest = isEnd(phase.status);
  return (
    <div
      title={`${words} ${seconds}${phase.attempt > 0 ? `, attempt ${phase.attempt}` : ""}`}
      style={{ left: `${start}%`, width: `max(${width}% - 1px, 2px)` }}
      className={`absolute inset-y-0 flex items-center justify-center overflow-hidden rounded-xs forced-colors:border ${rest ? `my-2.5 ${fill}` : fill}`}
    >
      {broken && <Cut />}
    </div>
  );
}

/** Two slashes through a part that lasted longer than it is drawn. */
function Cut() {
  return (
    <svg viewBox="0 0 12 24" className="h-full w-3 shrink-0">
      <title>Cut</title>
      <path d="M1 24 6 0h5L6 24z" className="fill-ground" />
      <path d="M1 24 6 0M6 24 11 0" className="stroke-faint" fill="none" strokeWidth="1" />
    </svg>
  );
}
