import { useState } from "react";
import type { JobFilters } from "~/api/jobs.ts";
import { NOTHING, type Selection } from "~/jobs/selection.ts";

/** What is chosen; other filters choose anew, so that nothing out of sight is acted on. */
export function useSelection(filters: JobFilters) {
  const key = JSON.stringify(filters);
  const [kept, setKept] = useState({ key, selection: NOTHING });
  const selection = kept.key === key ? kept.selection : NOTHING;
  return {
    selection,
    some: selection.all || selection.ids.size > 0,
    setSelection: (next: Selection | undefined) => setKept({ key, selection: next ?? NOTHING }),
  };
}
