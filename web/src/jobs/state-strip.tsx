import { useQuery } from "@tanstack/react-query";
import { type JobFilters, summaryQuery } from "~/api/jobs.ts";
import type { JobStatus } from "~/api/schema.ts";
import { count, roughly } from "~/lib/format.ts";
import { LOOKS, STATUSES } from "~/ui/status.tsx";

interface Props {
  readonly filters: JobFilters;
  readonly onFilters: (filters: JobFilters) => void;
}

/** Each status with its count; several may be chosen. */
export function StateStrip({ filters, onFilters }: Props) {
  const { data } = useQuery(summaryQuery);
  const chosen = new Set(filters.status);

  function toggle(status: JobStatus): void {
    const { status: _, ...rest } = filters;
    const next = STATUSES.filter((it) => (it === status ? !chosen.has(it) : chosen.has(it)));
    onFilters(next.length > 0 ? { ...rest, status: next } : rest);
  }

  return (
    <fieldset className="flex flex-wrap gap-x-1 gap-y-1 border-hairline border-b px-4 pb-3">
      <legend className="sr-only">Statuses</legend>
      {STATUSES.map((status) => {
        const { label, icon: Icon, tone } = LOOKS[status];
        const n = data?.by_status[status];
        return (
          <button
            key={status}
            type="button"
            aria-pressed={chosen.has(status)}
            onClick={() => toggle(status)}
            className="flex h-8 cursor-pointer items-center gap-2 rounded-md px-2 hover:bg-hover aria-pressed:bg-ember-wash aria-pressed:text-ember"
          >
            <Icon aria-hidden className={`size-3.5 ${tone}`} strokeWidth={2.25} />
            {label}
            <span className="figures text-faint" title={n === undefined ? undefined : count(n)}>
              {n === undefined ? "" : roughly(n)}
            </span>
          </button>
        );
      })}
    </fieldset>
  );
}
