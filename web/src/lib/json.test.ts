import { expect, test } from "vitest";
import {
  differences,
  type Json,
  parseJson,
  pointerOf,
  pretty,
  readObject,
  sameJson,
  valueAt,
  withMember,
} from "~/lib/json.ts";

test("a member is set in its place, added at the end, and taken away", () => {
  const object = { a: 1, b: 2 };
  expect(Object.entries(withMember(object, "a", 3))).toEqual([
    ["a", 3],
    ["b", 2],
  ]);
  expect(Object.keys(withMember(object, "c", 3))).toEqual(["a", "b", "c"]);
  expect(withMember(object, "a", undefined)).toEqual({ b: 2 });
});

test("names that objects inherit are names like others", () => {
  const object = parseJson('{"__proto__":{"x":1},"constructor":2}') as Record<string, Json>;
  expect(valueAt(object, ["toString"])).toBeUndefined();
  expect(valueAt(object, ["__proto__", "x"])).toBe(1);
  const changed = withMember(object, "__proto__", "safe");
  expect(JSON.stringify(changed)).toBe('{"__proto__":"safe","constructor":2}');
});

test("pointers escape what has a meaning in them", () => {
  expect(pointerOf(["a/b", "~", "", 0])).toBe("/a~1b/~0//0");
});

test("differences go as deep as both sides have the same form", () => {
  const before = parseJson('{"a":{"b":1,"c":[1,2]},"d":9007199254740993}');
  const after = parseJson('{"a":{"b":2,"c":[1,3]},"d":9007199254740992,"e":null}');
  expect(differences(before, after).map((it) => it.pointer)).toEqual([
    "/a/b",
    "/a/c/1",
    "/d",
    "/e",
  ]);
});

test("the order of members says nothing", () => {
  expect(sameJson({ a: 1, b: 2 }, { b: 2, a: 1 })).toBe(true);
  expect(sameJson([1, 2], [2, 1])).toBe(false);
  expect(sameJson(undefined, null)).toBe(false);
});

test("a text is read with every digit, and written back", () => {
  const text = '{\n  "id": 12345678901234567890,\n  "": "empty name"\n}';
  const read = readObject(text);
  expect(read.ok && pretty(read.value)).toBe(text);
});

test.each([
  ['{\n  "a": 1,\n  b\n}', 3],
  ['{\n  "a": [1, 2', 2],
  ["[1]", 1],
  ["{\n\n", 3],
])("%j is refused with its line", (text, line) => {
  expect(readObject(text)).toMatchObject({ ok: false, line });
});
