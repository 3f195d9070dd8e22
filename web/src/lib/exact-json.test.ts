import { expect, test } from "vitest";
import { isRawNumber, parseExactly } from "~/lib/exact-json.ts";

const ROUND_TRIPS = [
  '{"id":9007199254740993}',
  '{"id":-12345678901234567890}',
  '{"pi":3.14159265358979323846}',
  '{"huge":1e400}',
  '{"":[123456789012345678901234567890,1.5]}',
];

test.each(ROUND_TRIPS)("%s comes back as it was", (text) => {
  expect(JSON.stringify(parseExactly(text))).toBe(text);
});

test("a number that a double holds is a plain number", () => {
  expect(parseExactly('{"a":1.10,"b":1e3,"c":0.30000000000000004,"d":1700000000000}')).toEqual({
    a: 1.1,
    b: 1000,
    c: 0.30000000000000004,
    d: 1_700_000_000_000,
  });
});

test("only what would be rounded is kept as text", () => {
  const read = parseExactly('{"small":5,"large":9007199254740993}') as Record<string, unknown>;
  expect(read.small).toBe(5);
  expect(isRawNumber(read.large)).toBe(true);
});
