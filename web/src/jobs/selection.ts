/** Which rows are chosen. Pure. */

export interface Selection {
  readonly ids: ReadonlySet<string>;
  /** Everything that matches, also what is not shown. */
  readonly all: boolean;
  /** Where a range begins. */
  readonly anchor?: string;
}

export const NOTHING: Selection = { ids: new Set(), all: false };

export function isChosen({ ids, all }: Selection, id: string): boolean {
  return all || ids.has(id);
}

/** One row more or less; "everything" becomes the rows shown first. */
export function toggled(selection: Selection, id: string, shown: readonly string[]): Selection {
  const ids = new Set(selection.all ? shown : selection.ids);
  if (!ids.delete(id)) ids.add(id);
  return { ids, all: false, anchor: id };
}

/** All rows from the anchor to this one, beside what was chosen before. */
export function extended(selection: Selection, to: string, shown: readonly string[]): Selection {
  const anchor = selection.anchor ?? to;
  const [a, b] = [shown.indexOf(anchor), shown.indexOf(to)];
  if (a < 0 || b < 0) return toggled(selection, to, shown);
  const range = shown.slice(Math.min(a, b), Math.max(a, b) + 1);
  return { ids: new Set([...selection.ids, ...range]), all: false, anchor };
}

/** All rows shown, or none when they were chosen already. */
export function everyRow(selection: Selection, shown: readonly string[]): Selection {
  const already = shown.length > 0 && shown.every((id) => isChosen(selection, id));
  return already ? NOTHING : { ids: new Set(shown), all: false };
}

/** Everything that matches. */
export const EVERYTHING: Selection = { ids: new Set(), all: true };
