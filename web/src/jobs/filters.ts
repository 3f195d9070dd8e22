/** The filters of the list one by one, as a person sees and removes them. Pure. */
import type { JobFilters } from "~/api/jobs.ts";
import { readTerms, withoutTerm } from "~/jobs/query-text.ts";
import { LOOKS } from "~/ui/status.tsx";

export interface Chip {
  readonly label: string;
  /** The filters without this one. */
  readonly without: JobFilters;
}

/** Each status, type and priority that was chosen, and each term of the search. */
export function chipsOf(filters: JobFilters): readonly Chip[] {
  const { q, status = [], type = [], priority = [] } = filters;
  const terms = readTerms(q ?? "");
  return [
    ...(status.length > 0
      ? [
          {
            label: status.map((it) => LOOKS[it].label).join(" or "),
            without: lacking(filters, "status"),
          },
        ]
      : []),
    ...type.map((it) => ({
      label: `type: ${it}`,
      without: narrowed(
        filters,
        "type",
        type.filter((other) => other !== it),
      ),
    })),
    ...priority.map((it) => ({
      label: `priority: ${it}`,
      without: narrowed(
        filters,
        "priority",
        priority.filter((other) => other !== it),
      ),
    })),
    ...terms.map((term) => {
      const rest = withoutTerm(q ?? "", term);
      return {
        label: (q ?? "").slice(term.from, term.to),
        without: rest ? { ...filters, q: rest } : lacking(filters, "q"),
      };
    }),
  ];
}

export function lacking(filters: JobFilters, name: keyof JobFilters): JobFilters {
  const { [name]: _, ...rest } = filters;
  return rest;
}

function narrowed<Name extends "type" | "priority">(
  filters: JobFilters,
  name: Name,
  rest: JobFilters[Name],
): JobFilters {
  return rest?.length ? { ...filters, [name]: rest } : lacking(filters, name);
}

/** How many jobs match, where the counters of the summary can tell. */
export function countFrom(
  filters: JobFilters,
  summary:
    | {
        readonly total: number;
        readonly by_status: Readonly<Record<string, number>>;
        readonly by_type: Readonly<Record<string, number>>;
        readonly by_priority: Readonly<Record<string, number>>;
      }
    | undefined,
): number | undefined {
  if (!summary || filters.q) return undefined;
  const given = [
    [filters.status, summary.by_status],
    [filters.type, summary.by_type],
    [filters.priority, summary.by_priority],
  ] as const;
  const used = given.filter(([values]) => values?.length);
  const [only] = used;
  if (!only) return summary.total;
  if (used.length > 1) return undefined;
  const [values = [], counts] = only;
  return values.reduce((sum, it) => sum + (counts[it] ?? 0), 0);
}
