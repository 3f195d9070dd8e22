import { getRouteApi } from "@tanstack/react-router";
import { useMemo, useState } from "react";
import { type ColumnId, isUsual, readColumns, USUAL, writeColumns } from "~/jobs/column-choice.ts";
import { remember, remembered } from "~/lib/storage.ts";

const route = getRouteApi("/jobs");
const KEY = "jobs.columns";

/** The columns of the address, or else those that were chosen last in this browser. */
export function useChosenColumns(): readonly [
  readonly ColumnId[],
  (columns: readonly ColumnId[]) => void,
] {
  const { cols } = route.useSearch();
  const navigate = route.useNavigate();
  const [kept, setKept] = useState(() => remembered(KEY));
  const text = cols ?? kept;
  const columns = useMemo(() => readColumns(text ?? "") ?? USUAL, [text]);

  function choose(next: readonly ColumnId[]): void {
    const written = isUsual(next) ? undefined : writeColumns(next);
    setKept(written);
    remember(KEY, written);
    void navigate({
      search: ({ cols: _, ...rest }) => (written ? { ...rest, cols: written } : rest),
      replace: true,
    });
  }
  return [columns, choose];
}
