import { expect, test } from "vitest";
import { parseExactly } from "~/lib/exact-json.ts";
import { amount, cellText, each, fields, isNumeric, words } from "~/results/reading.ts";

test("a number beyond 2^53 keeps its digits in a cell and is rounded for a picture", () => {
  const value = parseExactly("9007199254740993");
  expect(cellText(value)).toBe("9007199254740993");
  expect(isNumeric(value)).toBe(true);
  expect(amount(value)).toBe(9007199254740992);
  expect(fields(value)).toBeUndefined();
});

test.each([
  ["text", "text"],
  [null, ""],
  [false, "false"],
  [[1, "a"], '[1,"a"]'],
])("%j in a cell is %j", (value, said) => {
  expect(cellText(value)).toBe(said);
});

test("what cannot be read is left out, and what is no list has nothing in it", () => {
  expect(each(["a", 1, "b"], words)).toEqual(["a", "b"]);
  expect(each({ a: 1 }, words)).toEqual([]);
  expect(fields([])).toBeUndefined();
});
