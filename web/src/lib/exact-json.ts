/**
 * JSON whose numbers keep every digit. A number that JavaScript would round (beyond 2^53, or with
 * more digits than a double holds) is kept as its own text; `JSON.stringify` writes it back as it
 * was. Pure.
 */

/** A number as it was written. */
export interface RawNumber {
  readonly rawJSON: string;
}

interface ExactJson {
  parse(
    text: string,
    reviver: (key: string, value: unknown, at: { source?: string }) => unknown,
  ): unknown;
  rawJSON(text: string): RawNumber;
  isRawJSON(value: unknown): value is RawNumber;
}

// TypeScript's library does not know these yet; every browser that the dashboard supports has them.
const json = JSON as unknown as ExactJson;

const MAY_LOSE_DIGITS = /\d{16}|\d[eE][+-]?\d|\.\d{14}/;

/** @throws SyntaxError the text is not JSON. */
export function parseExactly(text: string): unknown {
  if (!MAY_LOSE_DIGITS.test(text)) return JSON.parse(text);
  return json.parse(text, (_, value, { source }) =>
    typeof value === "number" && source !== undefined && isRounded(value, source)
      ? json.rawJSON(source)
      : value,
  );
}

export function isRawNumber(value: unknown): value is RawNumber {
  return json.isRawJSON(value);
}

function isRounded(value: number, source: string): boolean {
  if (Number.isInteger(value) && /^-?\d+$/.test(source)) return !Number.isSafeInteger(value);
  return digits(String(value)) !== digits(source);
}

/** What distinguishes a decimal's value: its digits without a sign, a point and idle zeros. */
function digits(text: string): string {
  const [mantissa = ""] = text.toLowerCase().split("e");
  return mantissa.replace(/[-.]/g, "").replace(/^0+/, "").replace(/0+$/, "");
}
