/** The lines of a log as rows to draw: filtered, found, and with the holes between them. Pure. */
import type { LogLevel, LogLine, LogPage } from "~/api/schema.ts";
import { uncoloured } from "~/lib/ansi.ts";

export const LEVELS: readonly LogLevel[] = ["debug", "info", "warning", "error"];

/** Attempt n numbers its lines from (n - 1) × this + 1, as the API says of `seq`. */
const STRIDE = 10_000;
/** A job comes with its last lines; with fewer than these, they are all. */
export const TAIL = 1_000;

export interface LineRow {
  readonly kind: "line";
  readonly line: LogLine;
  /** It is the first of another attempt than the line before. */
  readonly begins: boolean;
}

/** Numbers between which lines may have been written that are not here. */
export interface Hole {
  readonly kind: "hole";
  /** The last number before it. */
  readonly from: number;
  /** The last number in it. */
  readonly to: number;
}

export type LogRow = LineRow | Hole;

/** A page of the log, and after which number it was asked for. */
export interface Read extends LogPage {
  readonly after: number;
}

/** What is not known of a log whose last lines are here, and some pages. */
export function holes(tail: readonly LogLine[], pages: readonly Read[]): readonly Hole[] {
  const first = tail.length < TAIL ? 0 : (tail[0]?.seq ?? 1) - 1;
  const known = pages
    .map(({ after, items, next_cursor }) => ({
      from: after,
      to: next_cursor === null ? first : (items.at(-1)?.seq ?? after),
    }))
    .sort((a, b) => a.from - b.from);
  const found: Hole[] = [];
  let at = 0;
  for (const { from, to } of [...known, { from: first, to: first }]) {
    const end = Math.min(from, first);
    if (end > at) found.push({ kind: "hole", from: at, to: end });
    at = Math.max(at, to);
  }
  return found;
}

/**
 * After which number to read so that a hole fills from its end, where one looks.
 *
 * @param most lines that one page brings.
 */
export function fillFrom({ from, to }: Pick<Hole, "from" | "to">, most: number): number {
  const base = Math.floor((to - 1) / STRIDE) * STRIDE;
  const back = to % STRIDE === 0 ? base : Math.max(base, to - most);
  return Math.max(from, back);
}

/**
 * @param lines in the order written.
 * @param least the least serious level to show; holes are told whatever the level.
 */
export function logRows(
  lines: readonly LogLine[],
  least: LogLevel,
  missing: readonly Hole[] = [],
): readonly LogRow[] {
  const rows: LogRow[] = [];
  const hidden = new Set<string>(LEVELS.slice(0, LEVELS.indexOf(least)));
  const left = [...missing];
  let attempt: number | undefined;
  for (const line of lines) {
    while (left[0] && left[0].to < line.seq) rows.push(...left.splice(0, 1));
    // A level that this page does not know is never hidden.
    if (hidden.has(line.level)) continue;
    rows.push({ kind: "line", line, begins: attempt !== undefined && attempt !== line.attempt });
    attempt = line.attempt;
  }
  return [...rows, ...left];
}

/** The rows that hold the words, in message or fields, whatever their case. */
export function rowsWith(rows: readonly LogRow[], needle: string): readonly number[] {
  const wanted = needle.toLowerCase();
  if (!wanted) return [];
  return rows.flatMap((row, at) =>
    row.kind === "line" && words(row.line).toLowerCase().includes(wanted) ? [at] : [],
  );
}

/** A line's fields as they are shown, by name: live lines bring them in another order. */
export function fieldsOf({ fields }: LogLine): readonly (readonly [string, string])[] {
  return Object.entries(fields)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => [name, JSON.stringify(value)]);
}

function words(line: LogLine): string {
  const said = fieldsOf(line).map(([name, value]) => `${name}=${value}`);
  return [uncoloured(line.message), ...said].join(" ");
}

/** A log as a text file. */
export function logText(lines: readonly LogLine[]): string {
  return lines.map((line) => `${line.at} ${line.level.padEnd(7)} ${words(line)}\n`).join("");
}
