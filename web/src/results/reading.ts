/**
 * Reading what a handler gave back. Its shape is the handler's own and may be that of an older
 * version, so nothing is taken for granted: what is not as expected is undefined, and the whole is
 * shown as JSON instead. Pure.
 */
import { isRawNumber } from "~/lib/exact-json.ts";

export type Fields = Readonly<Record<string, unknown>>;

export function fields(value: unknown): Fields | undefined {
  const is = typeof value === "object" && value !== null && !Array.isArray(value);
  return is && !isRawNumber(value) ? (value as Fields) : undefined;
}

export function list(value: unknown): readonly unknown[] | undefined {
  return Array.isArray(value) ? value : undefined;
}

/** The items of a list that can be read; what cannot be is left out. */
export function each<T>(value: unknown, read: (item: unknown) => T | undefined): readonly T[] {
  return (list(value) ?? []).map(read).filter((it) => it !== undefined);
}

export function words(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

/** A number that can be counted and drawn with; an exact one is rounded. */
export function amount(value: unknown): number | undefined {
  const n = isRawNumber(value) ? Number(value.rawJSON) : value;
  return typeof n === "number" && Number.isFinite(n) ? n : undefined;
}

/** A value in one cell, with every digit it has. */
export function cellText(value: unknown): string {
  if (typeof value === "string") return value;
  if (value === null || value === undefined) return "";
  return isRawNumber(value) ? value.rawJSON : (JSON.stringify(value) ?? "");
}

export function isNumeric(value: unknown): boolean {
  return typeof value === "number" || isRawNumber(value);
}

/** What a handler warned of. */
export function warningsOf(result: Fields): readonly string[] {
  return each(result.warnings, words);
}
