import { X } from "lucide-react";
import { useEffect, useState } from "react";
import type { JobFilters } from "~/api/jobs.ts";
import { type Format, MOST_EXPORTED, readAll, save, toCsv, toNdjson } from "~/jobs/export.ts";
import type { JobList } from "~/jobs/job-list.ts";
import type { Selection } from "~/jobs/selection.ts";
import { count } from "~/lib/format.ts";
import { Button } from "~/ui/button.tsx";
import { Notice } from "~/ui/faces.tsx";

interface Props {
  readonly list: JobList;
  readonly filters: JobFilters;
  readonly selection: Selection;
  readonly format: Format;
  readonly onClose: () => void;
}

type State =
  | { readonly kind: "reading"; readonly n: number }
  | { readonly kind: "saved"; readonly n: number; readonly whole: boolean }
  | { readonly kind: "failed"; readonly error: Error };

/** Reads what is to be saved, and says how far it is and what the file has. */
export function ExportStrip({ list, filters, selection, format, onClose }: Props) {
  const [state, setState] = useState<State>({ kind: "reading", n: 0 });
  // What was asked for when the strip came; choosing other rows meanwhile changes nothing.
  const [order] = useState({ list, filters, selection, format });
  useEffect(() => {
    const abort = new AbortController();
    void carryOut(order, abort.signal, (n) => setState({ kind: "reading", n })).then(
      (end) => end && setState(end),
    );
    return () => abort.abort();
  }, [order]);

  return (
    <section
      aria-label="Export"
      className="flex flex-wrap items-center gap-3 border-hairline border-t bg-raised px-4 py-2 md:px-6"
    >
      <span role="status" className="figures">
        {state.kind === "reading" && `Reading for the export: ${count(state.n)}`}
        {state.kind === "saved" && `${count(state.n)} jobs saved`}
      </span>
      {state.kind === "saved" && !state.whole && (
        <span className="text-soft">
          These are the newest {count(MOST_EXPORTED)}; narrow the search for the others.
        </span>
      )}
      {state.kind === "failed" && <Notice error={state.error} />}
      <span className="ml-auto">
        <Button kind="quiet" onClick={onClose}>
          {state.kind === "reading" ? (
            "Stop"
          ) : (
            <X aria-label="Put away" className="size-4" strokeWidth={1.75} />
          )}
        </Button>
      </span>
    </section>
  );
}

async function carryOut(
  { list, filters, selection, format }: Omit<Props, "onClose">,
  signal: AbortSignal,
  onCount: (n: number) => void,
): Promise<State | undefined> {
  try {
    const { items, whole } = selection.all
      ? await readAll(filters, signal, onCount)
      : { items: list.rows.items(selection.ids), whole: true };
    if (signal.aborted) return undefined;
    save(format === "csv" ? toCsv(items) : toNdjson(items), format);
    return { kind: "saved", n: items.length, whole };
  } catch (cause) {
    if (signal.aborted) return undefined;
    return { kind: "failed", error: cause instanceof Error ? cause : new Error(String(cause)) };
  }
}
