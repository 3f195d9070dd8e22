import { useReducer, useState } from "react";
import type { JobDetail, Progress, ToldFrame } from "~/api/schema.ts";
import { type Pace, pace, type Sample, sample, withSample } from "~/job/pace.ts";
import { count, span } from "~/lib/format.ts";
import { useNow } from "~/lib/use-now.ts";
import { isJobFrame } from "~/live/apply.ts";
import { useFrames } from "~/live/live.tsx";
import { Moment } from "~/ui/moment.tsx";
import { Shown } from "~/ui/shown.tsx";

/** Silence that is worth a word, in milliseconds. */
const QUIET_MS = 30_000;

/** How far a running job has come, how fast, and when it was last heard. */
export function ProgressBox({ job }: { job: JobDetail }) {
  const now = useNow();
  const { samples, heardAt } = useHeard(job);
  const progress: Partial<Progress> = job.progress ?? {};
  const speed = pace(samples, progress, now);
  const percent = typeof progress.percent === "number" ? progress.percent : undefined;
  const quiet = now - heardAt > QUIET_MS;
  return (
    <section aria-label="Progress" className="flex flex-col gap-1.5">
      <div className="flex flex-wrap items-baseline gap-x-4 gap-y-0.5">
        {progress.stage && (
          <span className="font-medium">
            <Shown text={progress.stage} />
          </span>
        )}
        {progress.message && (
          <span className="min-w-0 text-soft wrap-anywhere">
            <Shown text={progress.message} />
          </span>
        )}
        {!progress.stage && !progress.message && <span className="text-soft">Running</span>}
        <span className="figures ml-auto whitespace-nowrap">
          <Numbers progress={progress} />
        </span>
      </div>
      <Bar percent={percent} />
      <p className="flex flex-wrap gap-x-4 text-soft text-sm">
        {speed && <Speed speed={speed} now={now} />}
        <span className={`ml-auto ${quiet ? "text-retrying" : ""}`}>
          last heard <Moment at={new Date(heardAt).toISOString()} />
        </span>
      </p>
    </section>
  );
}

function Numbers({ progress }: { progress: Partial<Progress> }) {
  const { current, total, percent } = progress;
  return (
    <>
      {typeof current === "number" && (
        <span className="text-soft">
          {count(current)}
          {typeof total === "number" && ` of ${count(total)}`}
        </span>
      )}
      {typeof percent === "number" && <span className="ml-4">{Math.floor(percent)} %</span>}
    </>
  );
}

function Bar({ percent }: { percent: number | undefined }) {
  const known = percent !== undefined;
  return (
    <div
      role="progressbar"
      aria-label="Progress"
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={known ? Math.floor(percent) : undefined}
      className="h-1.5 overflow-hidden rounded-full bg-hairline forced-colors:border"
    >
      <div
        className={`h-full rounded-full bg-running forced-colors:bg-[Highlight] ${known ? "transition-[width] duration-100" : "w-1/4 motion-safe:animate-pulse"}`}
        style={known ? { width: `${Math.min(Math.max(percent, 0), 100)}%` } : undefined}
      />
    </div>
  );
}

function Speed({ speed, now }: { speed: Pace; now: number }) {
  const { rate, unit, left } = speed;
  const words = rate >= 100 ? count(rate) : rate.toPrecision(2);
  return (
    <span>
      <span className="figures">
        {words}
        {unit === "percent" ? " %" : ""}/s
      </span>
      {left !== undefined && (
        <>
          , about <span className="figures">{span(Math.max(1, Math.round(left)))}</span> left, until{" "}
          <Moment at={new Date(now + left * 1000).toISOString()} as="clock" />
        </>
      )}
    </span>
  );
}

/** What was measured, and when the job last said anything at all. */
function useHeard(job: JobDetail): { samples: readonly Sample[]; heardAt: number } {
  const [samples, add] = useReducer(withSample, job, firstSamples);
  const [heardAt, setHeardAt] = useState(() => Date.parse(lastWord(job)));
  useFrames((frames) => {
    for (const frame of frames) {
      if (!isJobFrame(frame) || frame.job_id !== job.id) continue;
      const next = measured(frame);
      if (next) add(next);
      setHeardAt(Date.parse(frame.at));
    }
  });
  return { samples, heardAt };
}

function firstSamples({ progress, attempt }: JobDetail): readonly Sample[] {
  const first = progress && sample(progress, attempt, Date.now());
  return first ? [first] : [];
}

function measured(frame: ToldFrame): Sample | undefined {
  if (!isJobFrame(frame) || !frame.job.progress) return undefined;
  return sample(frame.job.progress, frame.job.attempt, Date.parse(frame.at));
}

function lastWord({ logs, started_at, created_at }: JobDetail): string {
  const begun = started_at ?? created_at;
  const said = logs.at(-1)?.at;
  return said && said > begun ? said : begun;
}
