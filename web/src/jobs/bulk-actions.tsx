import { useMutation } from "@tanstack/react-query";
import { type RefObject, useState } from "react";
import { cancelJob, retryJob } from "~/api/job.ts";
import type { JobFilters } from "~/api/jobs.ts";
import type { OperationAction } from "~/api/schema.ts";
import { BulkBar, targetOf } from "~/jobs/bulk-bar.tsx";
import { BulkDialog } from "~/jobs/bulk-dialog.tsx";
import { ACTIONS } from "~/jobs/bulk-words.ts";
import type { Format } from "~/jobs/export.ts";
import { ExportStrip } from "~/jobs/export-strip.tsx";
import type { JobList } from "~/jobs/job-list.ts";
import type { Shape } from "~/jobs/list-shape.ts";
import { OperationStrip } from "~/jobs/operation-strip.tsx";
import type { Selection } from "~/jobs/selection.ts";
import { useCommands } from "~/keys/commands.ts";
import { useShortcut } from "~/keys/keyboard.tsx";
import { useUnless } from "~/session/use-session.ts";
import { Notice } from "~/ui/faces.tsx";
import { useSay } from "~/ui/toast.tsx";

interface Props {
  readonly list: JobList;
  readonly shape: Shape;
  readonly filters: JobFilters;
  readonly total: number | undefined;
  readonly selection: Selection;
  readonly onSelection: (selection: Selection | undefined) => void;
  readonly frame: RefObject<HTMLDivElement | null>;
  /** The job that stands open: its own view acts on it. */
  readonly job: string | undefined;
}

/** Acting on what is chosen, or on the row that has the focus; from the bar, by key, by palette. */
export function BulkActions(props: Props) {
  const { list, shape, filters, total, selection, onSelection, frame, job } = props;
  const [action, setAction] = useState<OperationAction>();
  const [operation, setOperation] = useState<string>();
  const [exporting, setExporting] = useState<{ format: Format; selection: Selection }>();
  const single = useSingle();
  const unless = useUnless("act");
  const some = selection.all || selection.ids.size > 0;

  function focused(): string | undefined {
    const row = document.activeElement?.closest<HTMLElement>("tr[data-id]");
    return row && frame.current?.contains(row) ? row.dataset.id : undefined;
  }
  function act(kind: "retry" | "cancel"): void {
    const id = focused();
    if (unless) return;
    if (some) setAction(kind);
    else if (id && !job) single.mutate({ kind, id });
  }
  useShortcut("retry", () => act("retry"));
  useShortcut("cancel", () => act("cancel"));
  useShortcut("close", () => {
    if (some) onSelection(undefined);
    single.reset();
  });
  useCommands(() => {
    const id = job ? undefined : focused();
    const item = list.rows.get(id ?? "")?.item;
    if (unless || !(some || item)) return [];
    return (["retry", "cancel"] as const)
      .filter((kind) => some || (item && ACTIONS[kind].from.includes(item.status)))
      .map((kind) => ({
        name: `${ACTIONS[kind].verb} ${some ? "the chosen jobs" : (item?.summary ?? "this job")}`,
        run: () => (some ? setAction(kind) : item && single.mutate({ kind, id: item.id })),
        shortcut: kind,
      }));
  });

  return (
    <div className="sticky bottom-0 z-20">
      {single.error && (
        <div className="border-hairline border-t bg-raised px-4 py-2 md:px-6">
          <Notice error={single.error} />
        </div>
      )}
      {exporting && (
        <ExportStrip
          key={JSON.stringify([exporting.format, filters])}
          list={list}
          filters={filters}
          {...exporting}
          onClose={() => setExporting(undefined)}
        />
      )}
      {operation && <OperationStrip id={operation} onClose={() => setOperation(undefined)} />}
      {some && (
        <BulkBar
          selection={selection}
          onSelection={onSelection}
          filters={filters}
          total={total}
          shown={shape.ids.length}
          whole={shape.more === "no"}
          onDeed={setAction}
          onExport={(format) => setExporting({ format, selection })}
        />
      )}
      {action && some && (
        <BulkDialog
          action={action}
          target={targetOf(selection, filters)}
          onClose={() => setAction(undefined)}
          onBegun={(it) => {
            setOperation(it.id);
            onSelection(undefined);
          }}
        />
      )}
    </div>
  );
}

/** One job needs no operation: it is told as soon as it is done, and its row changes by itself. */
function useSingle() {
  const say = useSay();
  return useMutation({
    mutationFn: ({ kind, id }: { kind: "retry" | "cancel"; id: string }) =>
      kind === "retry" ? retryJob(id) : cancelJob(id),
    onSuccess: (done, { kind }) =>
      say(
        kind === "retry"
          ? "Queued again"
          : done.status === "cancelled"
            ? "Cancelled"
            : "Asked to stop",
        done.summary ?? done.type,
      ),
  });
}
