import { useState } from "react";
import { cleaned } from "~/job/trace.ts";
import { Copy } from "~/ui/copy.tsx";
import { Shown } from "~/ui/shown.tsx";

/** A trace, first without what is not the job's own. */
export function Trace({ trace }: { trace: string }) {
  const own = cleaned(trace);
  const [whole, setWhole] = useState(false);
  return (
    <div className="flex min-w-0 flex-col gap-1">
      <div className="flex items-center gap-3 text-soft text-sm">
        <span>{own && !whole ? "Trace, without libraries" : "Trace"}</span>
        {own && (
          <button
            type="button"
            aria-pressed={whole}
            onClick={() => setWhole(!whole)}
            className="min-h-6 cursor-pointer text-ember underline"
          >
            {whole ? "Leave libraries out" : "Show all of it"}
          </button>
        )}
        <span className="ml-auto">
          <Copy text={trace} what="the whole trace" />
        </span>
      </div>
      <pre className="figures whitespace-pre-wrap border-hairline border-l-2 pl-4 leading-5 wrap-anywhere">
        <Shown text={own && !whole ? own : trace} kept={"\n"} />
      </pre>
    </div>
  );
}
