import { useMutation, useQueries } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { X } from "lucide-react";
import { runDemo } from "~/api/demo.ts";
import { type JobFilters, readJobs } from "~/api/jobs.ts";
import { type Chip, chipsOf } from "~/jobs/filters.ts";
import { count } from "~/lib/format.ts";
import { useUnless } from "~/session/use-session.ts";
import { Button, buttonLook } from "~/ui/button.tsx";
import { Empty, Notice } from "~/ui/faces.tsx";

const LOOK = 100;
/** Filters that are tried out one by one, so that an empty list costs few requests. */
const MOST_TRIED = 5;

/** Nothing was ever submitted, or everything was deleted. */
export function NoJobs() {
  const unless = useUnless("submit");
  const demo = useMutation({ mutationFn: runDemo });
  return (
    <div className="px-4 md:px-6">
      <Empty title="No jobs yet">
        <p className="max-w-prose">
          The demo submits one real job of each type; they run here, without a network or an
          account. You will see them come in.
        </p>
        <div className="flex flex-wrap gap-2">
          <Button
            kind="primary"
            unless={unless ?? (demo.isPending ? "In progress" : undefined)}
            onClick={() => demo.mutate()}
          >
            Run the demo
          </Button>
          <Link to="/submit" className={buttonLook("plain")}>
            Submit a job
          </Link>
        </div>
        {demo.error && <Notice error={demo.error} />}
      </Empty>
    </div>
  );
}

interface Props {
  readonly filters: JobFilters;
  readonly onFilters: (filters: JobFilters) => void;
}

/** Which filter leaves nothing: each is taken away in thought, and what would be found is told. */
export function NoMatch({ filters, onFilters }: Props) {
  const chips = chipsOf(filters);
  const tried = chips.length > 1 ? chips.slice(0, MOST_TRIED) : [];
  const finds = useQueries({
    queries: tried.map(({ without }) => ({
      queryKey: ["jobs", "without", without],
      queryFn: async ({ signal }: { signal: AbortSignal }) => {
        const page = await readJobs(without, { limit: LOOK, signal });
        return { n: page.items.length, more: page.next_cursor !== null };
      },
    })),
  });
  return (
    <div className="px-4 md:px-6">
      <Empty title="No job matches">
        {chips.length === 1 && <p>No job is found by {chips[0]?.label}.</p>}
        {tried.length > 0 && (
          <ul className="w-full max-w-160 border-hairline border-t">
            {tried.map((chip, nth) => (
              <Without
                key={chip.label}
                chip={chip}
                found={finds[nth]?.data}
                onFilters={onFilters}
              />
            ))}
          </ul>
        )}
        <Button onClick={() => onFilters({})}>
          {chips.length === 1 ? "Remove the filter" : "Remove all filters"}
        </Button>
      </Empty>
    </div>
  );
}

interface WithoutProps {
  readonly chip: Chip;
  readonly found: { readonly n: number; readonly more: boolean } | undefined;
  readonly onFilters: (filters: JobFilters) => void;
}

function Without({ chip, found, onFilters }: WithoutProps) {
  const many = found && `${count(found.n)}${found.more ? " or more" : ""}`;
  const words = !found ? "…" : found.n === 0 && !found.more ? "Nothing either" : `${many} found`;
  return (
    <li className="flex min-h-9 items-center gap-3 border-hairline border-b">
      <span className="min-w-0 flex-1 truncate">
        Without <span className="figures text-ink">{chip.label}</span>
      </span>
      <span className="figures">{words}</span>
      <button
        type="button"
        aria-label={`Remove the filter ${chip.label}`}
        onClick={() => onFilters(chip.without)}
        className="grid size-7 cursor-pointer place-items-center rounded text-ember hover:bg-hover"
      >
        <X aria-hidden className="size-4" />
      </button>
    </li>
  );
}
