import { SlidersHorizontal } from "lucide-react";
import { useState } from "react";
import type { JobFilters } from "~/api/jobs.ts";
import type { Summary } from "~/api/schema.ts";
import { chipsOf, lacking } from "~/jobs/filters.ts";
import { PRIORITIES } from "~/jobs/search.ts";
import { StateStrip } from "~/jobs/state-strip.tsx";
import { Button } from "~/ui/button.tsx";
import { Dialog } from "~/ui/dialog.tsx";

interface Props {
  readonly filters: JobFilters;
  readonly onFilters: (filters: JobFilters) => void;
  readonly summary: Summary | undefined;
}

/** The filters of a phone, where there is no room for them beside the list. */
export function FilterSheet({ filters, onFilters, summary }: Props) {
  const [open, setOpen] = useState(false);
  const many = chipsOf(filters).length;
  const types = [...new Set([...Object.keys(summary?.by_type ?? {}), ...(filters.type ?? [])])];
  return (
    <>
      <Button label={many > 0 ? `Filters: ${many}` : "Filters"} onClick={() => setOpen(true)}>
        <SlidersHorizontal aria-hidden className="size-4" strokeWidth={1.75} />
        {many > 0 && <span className="figures">{many}</span>}
      </Button>
      <Dialog open={open} onOpenChange={setOpen} title="Filters">
        <StateStrip filters={filters} onFilters={onFilters} summary={summary} />
        <Choices
          name="type"
          values={types}
          chosen={filters.type ?? []}
          onChosen={(type) =>
            onFilters(type.length > 0 ? { ...filters, type } : lacking(filters, "type"))
          }
        />
        <Choices
          name="priority"
          values={PRIORITIES}
          chosen={filters.priority ?? []}
          onChosen={(priority) =>
            onFilters(priority.length > 0 ? { ...filters, priority } : lacking(filters, "priority"))
          }
        />
        <div className="flex justify-between">
          <Button kind="quiet" onClick={() => onFilters({})}>
            Remove all
          </Button>
          <Button kind="primary" onClick={() => setOpen(false)}>
            Show jobs
          </Button>
        </div>
      </Dialog>
    </>
  );
}

interface ChoicesProps<Value extends string> {
  readonly name: string;
  readonly values: readonly Value[];
  readonly chosen: readonly Value[];
  readonly onChosen: (values: Value[]) => void;
}

function Choices<Value extends string>({ name, values, chosen, onChosen }: ChoicesProps<Value>) {
  return (
    <fieldset className="flex flex-wrap gap-1">
      <legend className="mb-1 text-faint text-sm first-letter:uppercase">{name}</legend>
      {values.map((value) => (
        <button
          key={value}
          type="button"
          aria-pressed={chosen.includes(value)}
          onClick={() => onChosen(values.filter((it) => (it === value) !== chosen.includes(it)))}
          className="figures h-8 cursor-pointer rounded-md px-2 text-soft hover:bg-hover aria-pressed:bg-hover aria-pressed:text-ink aria-pressed:inset-ring aria-pressed:inset-ring-edge"
        >
          {value}
        </button>
      ))}
    </fieldset>
  );
}
