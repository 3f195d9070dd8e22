import { describe, expect, it } from "vitest";
import { parseExactly } from "~/lib/exact-json.ts";
import { share } from "~/lib/share.ts";

const renewed = (before: string, after: string) => share(parseExactly(before), parseExactly(after));

describe("a newer answer", () => {
  it("is the older one when nothing changed, exact numbers included", () => {
    const older = parseExactly('{"a": [1, {"b": 12345678901234567890}]}');
    expect(share(older, parseExactly('{"a": [1, {"b": 12345678901234567890}]}'))).toBe(older);
  });

  it("keeps the parts that are equal", () => {
    const older = { a: [1, 2], b: { c: 1 } };
    const newer = share<{ a: number[]; b: unknown }>(older, { a: [1, 2], b: { c: 2 } });
    expect(newer.a).toBe(older.a);
    expect(newer).toEqual({ a: [1, 2], b: { c: 2 } });
  });

  it.each([
    ['{"id": 12345678901234567890}', '{"id": 12345678901234567891}'],
    ['{"a": 1}', '{"a": 1, "b": null}'],
    ['{"a": 1, "b": 2}', '{"a": 1}'],
    ["[1, 2]", "[1]"],
    ['{"a": 1}', '{"__proto__": {"x": 1}}'],
    ['{"toString": 1}', '{"valueOf": 1}'],
    ["[]", "{}"],
    ["1", "null"],
  ])("loses nothing from %s to %s", (before, after) => {
    expect(JSON.stringify(renewed(before, after))).toBe(JSON.stringify(parseExactly(after)));
  });
});
