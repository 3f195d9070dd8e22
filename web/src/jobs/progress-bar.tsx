import type { JobItem } from "~/api/schema.ts";
import { percent } from "~/lib/format.ts";

/** How far a running job is; empty for the others, whose status says it. */
export function ProgressBar({ job: { status, progress } }: { job: JobItem }) {
  const value = progress?.percent;
  if (status !== "running" || value === null || value === undefined) return null;
  return (
    <span className="flex items-center gap-2" title={progress?.stage ?? undefined}>
      <span
        role="progressbar"
        aria-label="Progress"
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={Math.round(value)}
        className="h-1 min-w-0 flex-1 overflow-hidden rounded-full bg-hairline forced-colors:border"
      >
        <span
          className="block h-full rounded-full bg-running forced-colors:bg-[CanvasText]"
          style={{ width: `${value}%` }}
        />
      </span>
      <span className="figures w-9 text-right text-soft">{percent(Math.round(value) / 100)}</span>
    </span>
  );
}
