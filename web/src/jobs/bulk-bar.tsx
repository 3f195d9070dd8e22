import { Ban, Download, Flag, RotateCw, Trash2, X } from "lucide-react";
import type { JobFilters } from "~/api/jobs.ts";
import { MOST_NAMED, type Target } from "~/api/operations.ts";
import type { OperationAction } from "~/api/schema.ts";
import { ACTIONS } from "~/jobs/bulk-words.ts";
import { type Format, MOST_EXPORTED } from "~/jobs/export.ts";
import { EVERYTHING, type Selection } from "~/jobs/selection.ts";
import { count } from "~/lib/format.ts";
import { useUnless } from "~/session/use-session.ts";
import { Button } from "~/ui/button.tsx";
import { Menu } from "~/ui/menu.tsx";

interface Props {
  readonly selection: Selection;
  readonly onSelection: (selection: Selection | undefined) => void;
  readonly filters: JobFilters;
  /** How many match in all, where that is known. */
  readonly total: number | undefined;
  readonly shown: number;
  readonly whole: boolean;
  readonly onDeed: (action: OperationAction) => void;
  readonly onExport: (format: Format) => void;
}

const ICONS = { retry: RotateCw, cancel: Ban, reprioritise: Flag, delete: Trash2 } as const;

/** What can be done to the rows that are chosen; at the bottom, where a thumb reaches it. */
export function BulkBar(props: Props) {
  const { selection, onSelection, total, shown, whole, onDeed, onExport } = props;
  const { ids, all } = selection;
  const unless = useReasons(props);
  const every = total === undefined ? "everything that matches" : `all ${count(total)} matching`;
  const words = all
    ? total === undefined
      ? "Everything that matches"
      : `All ${count(total)} matching`
    : `${count(ids.size)} chosen`;
  return (
    <section
      aria-label="Chosen jobs"
      className="flex flex-wrap items-center gap-x-1 gap-y-1.5 border-hairline border-t bg-raised px-4 py-2 md:px-6"
    >
      <span role="status" className="figures mr-2 font-medium">
        {words}
      </span>
      {!all && !whole && ids.size >= Math.min(shown, 1) && (
        <Button kind="quiet" onClick={() => onSelection(EVERYTHING)}>
          Choose {every}
        </Button>
      )}
      <span className="flex flex-wrap items-center gap-1 md:ml-auto">
        {(["retry", "cancel", "reprioritise", "delete"] as const).map((action) => {
          const Icon = ICONS[action];
          return (
            <Button
              key={action}
              kind={action === "delete" ? "danger" : "plain"}
              unless={unless(action)}
              onClick={() => onDeed(action)}
            >
              <Icon aria-hidden className="size-4" strokeWidth={1.75} />
              {ACTIONS[action].verb}
            </Button>
          );
        })}
        <Menu
          label="Export"
          trigger={
            <>
              <Download aria-hidden className="size-4" strokeWidth={1.75} />
              Export
            </>
          }
          choices={[
            { name: "As CSV", run: () => onExport("csv") },
            { name: "As NDJSON", run: () => onExport("ndjson") },
          ]}
        />
        <Button kind="quiet" label="Choose none (Esc)" onClick={() => onSelection(undefined)}>
          <X aria-hidden className="size-4" strokeWidth={1.75} />
        </Button>
      </span>
      {all && (total ?? 0) > MOST_EXPORTED && (
        <p className="w-full text-soft text-sm">
          An export has the newest {count(MOST_EXPORTED)} of them.
        </p>
      )}
    </section>
  );
}

/** Why an action cannot be asked for; the API has the last word. */
function useReasons({
  selection,
  filters,
}: Props): (action: OperationAction) => string | undefined {
  const act = useUnless("act");
  const control = useUnless("control");
  const narrows = Boolean(filters.q || filters.type?.length || filters.priority?.length);
  return (action) => {
    if (act) return act;
    if (!selection.all && selection.ids.size > MOST_NAMED) {
      return `At most ${count(MOST_NAMED)} rows at once; choose everything that matches instead.`;
    }
    const wide = action === "delete" || (action === "retry" && !narrows);
    return selection.all && wide ? control : undefined;
  };
}

export function targetOf(selection: Selection, filters: JobFilters): Target {
  return selection.all ? { filters } : { ids: [...selection.ids] };
}
