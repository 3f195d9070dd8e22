/** JSON as a value that never changes: read and written at a path, compared, told by pointers. Pure. */
import { isRawNumber, parseExactly, type RawNumber } from "~/lib/exact-json.ts";

export type Json = null | boolean | number | string | RawNumber | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [name: string]: Json;
}
/** Names of members and places in lists, from the outside in. */
export type Path = readonly (string | number)[];

/** @throws SyntaxError the text is not JSON. */
export function parseJson(text: string): Json {
  return parseExactly(text) as Json;
}

export function isObject(value: unknown): value is JsonObject {
  return (
    typeof value === "object" && value !== null && !Array.isArray(value) && !isRawNumber(value)
  );
}

export function isList(value: unknown): value is readonly Json[] {
  return Array.isArray(value);
}

export function isNumber(value: unknown): value is number | RawNumber {
  return typeof value === "number" || isRawNumber(value);
}

/** What stands at a path; undefined when there is nothing. */
export function valueAt(value: Json | undefined, path: Path): Json | undefined {
  return path.reduce<Json | undefined>((inside, step) => {
    if (isList(inside)) return inside[Number(step)];
    return isObject(inside) && Object.hasOwn(inside, step) ? inside[step] : undefined;
  }, value);
}

/** An object with a member set, or taken away when there is no value; others keep their order. */
export function withMember(object: JsonObject, name: string, value: Json | undefined): JsonObject {
  if (value === undefined) {
    return Object.fromEntries(Object.entries(object).filter(([it]) => it !== name));
  }
  return Object.fromEntries([
    ...Object.entries(object).map(([it, old]) => [it, it === name ? value : old] as const),
    ...(Object.hasOwn(object, name) ? [] : [[name, value] as const]),
  ]);
}

/** RFC 6901. */
export function pointerOf(path: Path): string {
  return path
    .map((step) => `/${String(step).replaceAll("~", "~0").replaceAll("/", "~1")}`)
    .join("");
}

export function pretty(value: Json): string {
  return JSON.stringify(value, null, 2);
}

/** Members in another order are the same value. */
export function sameJson(one: Json | undefined, other: Json | undefined): boolean {
  return differences(one, other).length === 0;
}

export interface Difference {
  readonly pointer: string;
  /** Undefined: not there. */
  readonly before: Json | undefined;
  readonly after: Json | undefined;
}

/** Where two values differ, as deep as both have the same form. */
export function differences(
  before: Json | undefined,
  after: Json | undefined,
  path: Path = [],
): Difference[] {
  if (isObject(before) && isObject(after)) {
    const names = new Set([...Object.keys(before), ...Object.keys(after)]);
    return [...names].flatMap((name) =>
      differences(valueAt(before, [name]), valueAt(after, [name]), [...path, name]),
    );
  }
  if (isList(before) && isList(after) && before.length === after.length) {
    return before.flatMap((item, place) => differences(item, after[place], [...path, place]));
  }
  return JSON.stringify(before) === JSON.stringify(after)
    ? []
    : [{ pointer: pointerOf(path), before, after }];
}

export type Reading =
  | { readonly ok: true; readonly value: JsonObject }
  /** `line` counts from 1; undefined where the engine does not tell. */
  | { readonly ok: false; readonly message: string; readonly line: number | undefined };

/** The object that a text is, or what keeps it from being one. */
export function readObject(text: string): Reading {
  try {
    const value = parseJson(text);
    if (isObject(value)) return { ok: true, value };
    return { ok: false, message: "This must be an object: { … }.", line: 1 };
  } catch (cause) {
    const said = cause instanceof Error ? cause.message : String(cause);
    return { ok: false, message: withoutPlace(said), line: lineOf(said, text) };
  }
}

/** What is wrong, without where: that is told apart. */
function withoutPlace(said: string): string {
  const what = said
    .replace(/( in JSON)? at (position|line) \d.*$/s, "")
    .replace(/^JSON\.parse: /, "");
  return what.endsWith(".") ? what : `${what}.`;
}

/** Engines tell the place in their own words: `at position 12`, `line 3 column 1`, or not at all. */
function lineOf(said: string, text: string): number | undefined {
  const line = /line (\d+)/.exec(said)?.[1];
  if (line) return Number(line);
  const position = /position (\d+)/.exec(said)?.[1];
  const end = /end of JSON|unterminated/i.test(said) ? text.length : undefined;
  const until = position === undefined ? end : Number(position);
  return until === undefined ? undefined : text.slice(0, until).split("\n").length;
}
