/** A JSON value as the rows of a tree: which are there, what is open, what is found. Pure. */
import { isRawNumber, type RawNumber } from "~/lib/exact-json.ts";

export type Key = string | number;
export type Scalar = string | number | boolean | null | RawNumber;
type Branch = readonly unknown[] | Readonly<Record<string, unknown>>;

export interface TreeRow {
  /** RFC 6901, from the root `""`; each row has its own. */
  readonly pointer: string;
  readonly keys: readonly Key[];
  readonly value: unknown;
  /** Of a branch: how many it holds, and whether these stand below it. */
  readonly branch?: { readonly size: number; readonly list: boolean; readonly open: boolean };
}

export function isBranch(value: unknown): value is Branch {
  return typeof value === "object" && value !== null && !isRawNumber(value);
}

export function children(value: Branch): readonly (readonly [Key, unknown])[] {
  return Array.isArray(value) ? value.map((it, at) => [at, it] as const) : Object.entries(value);
}

/** The rows that stand on the page, the root first. */
export function treeRows(value: unknown, open: ReadonlySet<string>): readonly TreeRow[] {
  const rows: TreeRow[] = [];
  const walk = (it: unknown, pointer: string, keys: readonly Key[]): void => {
    if (!isBranch(it)) {
      rows.push({ pointer, keys, value: it });
      return;
    }
    const below = children(it);
    const isOpen = below.length > 0 && open.has(pointer);
    rows.push({
      pointer,
      keys,
      value: it,
      branch: { size: below.length, list: Array.isArray(it), open: isOpen },
    });
    if (isOpen) {
      for (const [key, child] of below) walk(child, pointerOf(pointer, key), [...keys, key]);
    }
  };
  walk(value, "", []);
  return rows;
}

/** What to open at first: level by level, as long as no more than `most` rows stand there. */
export function firstOpen(value: unknown, most: number): Set<string> {
  const open = new Set<string>();
  let level = [{ pointer: "", value }];
  let rows = 1;
  while (level.length > 0) {
    level = level.flatMap(({ pointer, value: it }) => {
      const below = isBranch(it) ? children(it) : [];
      if (below.length === 0 || (pointer !== "" && rows + below.length > most)) return [];
      rows += below.length;
      open.add(pointer);
      return below.map(([key, child]) => ({ pointer: pointerOf(pointer, key), value: child }));
    });
  }
  return open;
}

/** Every branch. */
export function allOpen(value: unknown): Set<string> {
  return firstOpen(value, Number.POSITIVE_INFINITY);
}

/**
 * Where a text stands in keys and values, whatever its case, in the order of the rows.
 *
 * @param most stop there: nobody steps through more.
 */
export function found(value: unknown, needle: string, most = 1_000): readonly string[] {
  const places: string[] = [];
  const wanted = needle.toLowerCase();
  const walk = (it: unknown, pointer: string, key: Key): void => {
    if (places.length >= most) return;
    if (says(it, key, wanted)) places.push(pointer);
    if (!isBranch(it)) return;
    for (const [next, child] of children(it)) walk(child, pointerOf(pointer, next), next);
  };
  if (wanted) walk(value, "", 0);
  return places;
}

function says(value: unknown, key: Key, wanted: string): boolean {
  const own = isBranch(value) ? "" : scalarText(value as Scalar);
  return [own, typeof key === "string" ? key : ""].some((it) => it.toLowerCase().includes(wanted));
}

/** The branches above a place, all of which must be open for it to be seen. */
export function above(pointer: string): readonly string[] {
  const parts = pointer.split("/");
  return parts.slice(1).map((_, at) => parts.slice(0, at + 1).join("/"));
}

/** A value that holds no others, as JSON writes it; a text without its quotes. */
export function scalarText(value: Scalar): string {
  if (typeof value === "string") return value;
  return isRawNumber(value) ? value.rawJSON : String(value);
}

/** For the clipboard: a text as it is, anything else as JSON with every digit. */
export function copied(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value, null, 2);
}

/** `dataset.rows[3]["odd key"]`, as people write it. */
export function pathWords(keys: readonly Key[]): string {
  return keys
    .map((key, at) => {
      if (typeof key === "number") return `[${key}]`;
      if (/^[A-Za-z_$][\w$]*$/.test(key)) return at === 0 ? key : `.${key}`;
      return `[${JSON.stringify(key)}]`;
    })
    .join("");
}

/** What a closed branch holds, in one line. */
export function gist(value: unknown, most = 60): string {
  if (!isBranch(value)) return "";
  const parts: string[] = [];
  let length = 0;
  for (const [key, child] of children(value)) {
    if (length > most) {
      parts.push("…");
      break;
    }
    const own = isBranch(child) ? (Array.isArray(child) ? "[…]" : "{…}") : short(child as Scalar);
    const part = typeof key === "number" ? own : `${key || '""'}: ${own}`;
    parts.push(part);
    length += part.length + 2;
  }
  return parts.join(", ");
}

function short(value: Scalar): string {
  const text = scalarText(value);
  const cut = text.length > 24 ? `${text.slice(0, 24)}…` : text;
  return typeof value === "string" ? `"${cut}"` : cut;
}

function pointerOf(parent: string, key: Key): string {
  return `${parent}/${String(key).replaceAll("~", "~0").replaceAll("/", "~1")}`;
}
