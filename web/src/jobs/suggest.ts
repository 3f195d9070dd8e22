/** What may come next in a search. Pure. */
import { type Place, readTerms, type Term, written } from "~/jobs/query-text.ts";
import { STATUSES } from "~/ui/status.tsx";

export interface Suggestion {
  /** What is offered, as it will stand in the text. */
  readonly label: string;
  readonly note?: string;
  /** The whole text with it, and where the caret then stands. */
  readonly text: string;
  readonly caret: number;
}

/** What this installation knows of: values by their key. */
export type Known = Readonly<Record<string, readonly string[]>>;

const KEYS: readonly (readonly [name: string, note: string])[] = [
  ["status:", "queued, running, failed …"],
  ["type:", "of job"],
  ["priority:", "low, normal, high, critical"],
  ["queue:", "low, default, high, critical"],
  ["tag:", "one whole tag"],
  ["worker:", "id or host"],
  ["id:", "or its first digits"],
  ["created_by:", "name, id or me"],
  ["schedule:", "id or name"],
  ["error:", "words in a row"],
  ["payload.", "a value inside, as in payload.to:ann@example.com"],
  ["created>", "a span back from now, a day or a moment"],
  ["finished>", "the same, of the end"],
  ["duration>", "500ms, 30s, 5m"],
  ["attempt>=", "started so often"],
  ["failures>=", "failed so often"],
];

const PRIORITIES = ["low", "normal", "high", "critical"];
const SPANS_BACK = ["-15m", "-1h", "-24h", "-7d"];
const SPANS = ["1s", "10s", "1m", "10m"];
const COUNTS = ["1", "2", "3"];
const FIXED: Known = {
  status: STATUSES,
  state: STATUSES,
  priority: PRIORITIES,
  queue: ["low", "default", "high", "critical"],
  created_by: ["me"],
  created: SPANS_BACK,
  finished: SPANS_BACK,
  duration: SPANS,
  attempt: COUNTS,
  failures: COUNTS,
};
const MOST = 12;

/** For the place where the caret stands: keys at a term's beginning, values after its operator. */
export function suggest(text: string, caret: number, known: Known): readonly Suggestion[] {
  const term = readTerms(text).find((it) => it.from <= caret && caret <= it.to);
  if (term?.operator && caret >= term.operator.to) return valuesFor(text, caret, term, known);
  if (term && caret < term.name.from) return [];
  return keysFor(text, term?.name ?? { from: caret, to: caret }, caret);
}

function keysFor(text: string, place: Place, caret: number): readonly Suggestion[] {
  const begun = text.slice(place.from, caret).toLowerCase();
  return KEYS.filter(([name]) => name.startsWith(begun) && name !== begun).map(([name, note]) => ({
    label: name,
    note,
    ...replaced(text, place, name),
  }));
}

function valuesFor(text: string, caret: number, term: Term, known: Known): readonly Suggestion[] {
  const value = term.values.find((it) => it.from <= caret && caret <= it.to);
  if (!value || !term.key) return [];
  const begun = value.text.toLowerCase();
  const taken = new Set(term.values.filter((it) => it !== value).map((it) => it.text));
  return [...(FIXED[term.key] ?? []), ...(known[term.key] ?? [])]
    .filter((it) => it.toLowerCase().includes(begun) && it !== value.text && !taken.has(it))
    .sort((a, b) => Number(b.startsWith(begun)) - Number(a.startsWith(begun)))
    .slice(0, MOST)
    .map((it) => ({ label: it, ...replaced(text, value, spanned(it)) }));
}

/** A span back keeps its sign bare: quoted it would mean the same, and read worse. */
function spanned(value: string): string {
  return /^-\d+[a-z]$/.test(value) ? value : written(value);
}

function replaced(text: string, { from, to }: Place, by: string) {
  return { text: text.slice(0, from) + by + text.slice(to), caret: from + by.length };
}
