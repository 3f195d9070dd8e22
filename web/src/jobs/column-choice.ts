/** Which columns stand in the list, and in what order. Pure. */

export const COLUMN_NAMES = {
  status: "Status",
  type: "Type",
  summary: "Summary",
  progress: "Progress",
  priority: "Priority",
  queue: "Queue",
  attempt: "Attempt",
  created: "Created",
  started: "Started",
  finished: "Finished",
  took: "Took",
  worker: "Worker",
  tags: "Tags",
  id: "Id",
} as const;

export type ColumnId = keyof typeof COLUMN_NAMES;

export const COLUMN_IDS = Object.keys(COLUMN_NAMES) as ColumnId[];

export const USUAL: readonly ColumnId[] = [
  "status",
  "summary",
  "type",
  "progress",
  "priority",
  "attempt",
  "created",
  "took",
];

/** Unknown names are left out; undefined when nothing is left. */
export function readColumns(text: string): readonly ColumnId[] | undefined {
  const given = text.split(",");
  const known = given.filter((it): it is ColumnId => Object.hasOwn(COLUMN_NAMES, it));
  const once = [...new Set(known)];
  return once.length > 0 ? once : undefined;
}

export function writeColumns(columns: readonly ColumnId[]): string {
  return columns.join(",");
}

/** A column comes to the end, or goes away; the last one stays. */
export function toggled(columns: readonly ColumnId[], id: ColumnId): readonly ColumnId[] {
  if (!columns.includes(id)) return [...columns, id];
  return columns.length > 1 ? columns.filter((it) => it !== id) : columns;
}

/** A column one place nearer to the beginning (-1) or the end (1). */
export function moved(
  columns: readonly ColumnId[],
  id: ColumnId,
  step: -1 | 1,
): readonly ColumnId[] {
  const at = columns.indexOf(id);
  const to = at + step;
  if (at < 0 || to < 0 || to >= columns.length) return columns;
  return columns.toSpliced(at, 1).toSpliced(to, 0, id);
}

export function isUsual(columns: readonly ColumnId[]): boolean {
  return writeColumns(columns) === writeColumns(USUAL);
}
