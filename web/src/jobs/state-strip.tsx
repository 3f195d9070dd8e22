import type { JobFilters } from "~/api/jobs.ts";
import type { JobStatus, Summary } from "~/api/schema.ts";
import { lacking } from "~/jobs/filters.ts";
import { count, roughly } from "~/lib/format.ts";
import { LOOKS, STATUSES } from "~/ui/status.tsx";

interface Props {
  readonly filters: JobFilters;
  readonly onFilters: (filters: JobFilters) => void;
  readonly summary: Summary | undefined;
}

/** Each status with the number of its jobs; several may be chosen. */
export function StateStrip({ filters, onFilters, summary }: Props) {
  const chosen = new Set(filters.status);

  function toggle(status: JobStatus): void {
    const next = STATUSES.filter((it) => (it === status ? !chosen.has(it) : chosen.has(it)));
    onFilters(next.length > 0 ? { ...filters, status: next } : lacking(filters, "status"));
  }

  return (
    <fieldset className="flex min-w-0 flex-wrap gap-x-1">
      <legend className="sr-only">Statuses</legend>
      {STATUSES.map((status) => {
        const { label, icon: Icon, tone } = LOOKS[status];
        const n = summary?.by_status[status];
        return (
          <button
            key={status}
            type="button"
            aria-pressed={chosen.has(status)}
            onClick={() => toggle(status)}
            className="flex h-8 shrink-0 cursor-pointer items-center gap-1.5 rounded-md px-2 text-soft -outline-offset-2 hover:bg-hover hover:text-ink aria-pressed:bg-hover aria-pressed:text-ink aria-pressed:inset-ring aria-pressed:inset-ring-edge"
          >
            <Icon aria-hidden className={`size-3.5 ${tone}`} strokeWidth={2.25} />
            {label}
            <span
              className={`figures min-w-[1ch] ${n === 0 ? "text-faint" : "text-ink"}`}
              title={n === undefined ? undefined : count(n)}
            >
              {n === undefined ? "" : roughly(n)}
            </span>
          </button>
        );
      })}
    </fieldset>
  );
}
