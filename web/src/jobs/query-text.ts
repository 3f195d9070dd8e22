/**
 * A search as somebody types it: which parts it has, for colours, chips and suggestions. Pure.
 *
 * The server alone decides what a search means and refuses what it cannot understand. This reading
 * forgives everything, since what is being typed is seldom complete.
 */

/** A part of the text: from one place up to before another. */
export interface Place {
  readonly from: number;
  readonly to: number;
}

export interface Value extends Place {
  /** Without quotation marks and their backslashes. */
  readonly text: string;
}

export interface Term extends Place {
  readonly negated: boolean;
  /** In lower case, without the path; absent for a word. */
  readonly key?: string;
  /** Key and path as they were written. */
  readonly name: Place;
  readonly operator?: Place & { readonly text: string };
  readonly values: readonly Value[];
  /** Something is still missing: a value, or a closing quotation mark. */
  readonly open: boolean;
}

const SPACE = /\s*/y;
const NOT = /-|NOT\s+(?=\S)/y;
const NAME = /[^\s,:<>="]+(?:(?<=\.)"(?:[^"\\]|\\.)*"[^\s,:<>="]*)*/sy;
const OPERATOR = /[<>:=!]+/y;
const QUOTED = /"((?:[^"\\]|\\.)*)("?)/sy;
const BARE = /[^\s,"]*/y;
const REST = /\S+/y;

export function readTerms(text: string): readonly Term[] {
  const terms: Term[] = [];
  let at = end(SPACE, text, 0);
  while (at < text.length) {
    const term = readTerm(text, at);
    terms.push(term);
    at = end(SPACE, text, term.to);
  }
  return terms;
}

function readTerm(text: string, from: number): Term {
  const begin = end(NOT, text, from);
  const negated = begin > from;
  if (text[begin] === '"') {
    const { value, closed } = readValue(text, begin);
    return { from, to: value.to, negated, name: value, values: [value], open: !closed };
  }
  const nameEnd = end(NAME, text, begin);
  const name = { from: begin, to: nameEnd };
  const operatorEnd = end(OPERATOR, text, nameEnd);
  if (nameEnd === begin || operatorEnd === nameEnd) {
    // A word, or something that no term begins with: taken whole.
    const to = end(REST, text, begin);
    const word = { from: begin, to, text: text.slice(begin, to) };
    return { from, to, negated, name: word, values: [word], open: to === begin };
  }
  const { values, to, closed } = readValues(text, operatorEnd);
  const key = text.slice(begin, nameEnd).split(".", 1)[0]?.toLowerCase() ?? "";
  const operator = { from: nameEnd, to: operatorEnd, text: text.slice(nameEnd, operatorEnd) };
  return { from, to, negated, key, name, operator, values, open: !closed };
}

function readValues(text: string, from: number) {
  const values: Value[] = [];
  let at = from;
  for (;;) {
    const { value, closed } = readValue(text, at);
    values.push(value);
    at = value.to;
    if (!closed || text[at] !== ",") return { values, to: at, closed };
    at += 1;
  }
}

function readValue(text: string, from: number): { value: Value; closed: boolean } {
  if (text[from] !== '"') {
    const to = end(BARE, text, from);
    return { value: { from, to, text: text.slice(from, to) }, closed: to > from };
  }
  QUOTED.lastIndex = from;
  const [whole = "", inner = "", mark = ""] = QUOTED.exec(text) ?? [];
  const value = { from, to: from + whole.length, text: inner.replace(/\\(.)/gs, "$1") };
  return { value, closed: mark !== "" };
}

function end(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  return at + (pattern.exec(text)?.[0].length ?? 0);
}

/** Whether it can be sent as it stands, by all that can be told here. */
export function isComplete(text: string): boolean {
  return readTerms(text).every((it) => !it.open);
}

/** The text without one of its terms. */
export function withoutTerm(text: string, { from, to }: Place): string {
  return `${text.slice(0, from).trimEnd()} ${text.slice(to).trimStart()}`.trim();
}

/** A value that reads back as itself. */
export function written(value: string): string {
  const plain = /^[\p{L}\p{N}_][\p{L}\p{N}_.@/+-]*$/u.test(value);
  if (plain && !["AND", "OR", "NOT"].includes(value)) return value;
  return `"${value.replace(/["\\]/g, "\\$&")}"`;
}

/** Where the server's `position` lies in a JavaScript string: it counts characters, not units. */
export function unitAt(text: string, position: number): number {
  return [...text].slice(0, position).join("").length;
}

export type Tone = "key" | "operator" | "value" | "word" | "not";

/** The text in pieces that follow each other without a gap; what has no tone is space. */
export function toned(text: string): readonly { readonly text: string; readonly tone?: Tone }[] {
  const marks = readTerms(text).flatMap((term): (Place & { readonly tone: Tone })[] => {
    const sign = { from: term.from, to: term.name.from, tone: "not" as const };
    if (!term.operator) return [sign, { ...term.name, to: term.to, tone: "word" as const }];
    return [
      sign,
      { ...term.name, tone: "key" as const },
      { ...term.operator, tone: "operator" as const },
      { from: term.operator.to, to: term.to, tone: "value" as const },
    ];
  });
  const pieces: { text: string; tone?: Tone }[] = [];
  let at = 0;
  for (const { from, to, tone } of marks) {
    if (from > at) pieces.push({ text: text.slice(at, from) });
    if (to > from) pieces.push({ text: text.slice(from, to), tone });
    at = to;
  }
  if (at < text.length) pieces.push({ text: text.slice(at) });
  return pieces;
}
