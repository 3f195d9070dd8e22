import { X } from "lucide-react";
import type { JobFilters } from "~/api/jobs.ts";
import { chipsOf } from "~/jobs/filters.ts";

interface Props {
  readonly filters: JobFilters;
  readonly onFilters: (filters: JobFilters) => void;
}

/** What narrows the list, each with its way out. */
export function FilterChips({ filters, onFilters }: Props) {
  const chips = chipsOf(filters);
  if (chips.length === 0) return null;
  return (
    <ul aria-label="Filters" className="flex flex-wrap items-center gap-1.5">
      {chips.map(({ label, without }) => (
        <li key={label}>
          <button
            type="button"
            aria-label={`Remove the filter ${label}`}
            onClick={() => onFilters(without)}
            className="flex h-6 max-w-80 cursor-pointer items-center gap-1 rounded bg-ember-wash pr-1 pl-2 text-ember text-sm hover:brightness-95"
          >
            <span className="figures truncate">{label}</span>
            <X aria-hidden className="size-3.5 shrink-0" />
          </button>
        </li>
      ))}
      {chips.length > 1 && (
        <li>
          <button
            type="button"
            onClick={() => onFilters({})}
            className="h-6 cursor-pointer rounded px-2 text-soft text-sm hover:bg-hover hover:text-ink"
          >
            Remove all
          </button>
        </li>
      )}
    </ul>
  );
}
