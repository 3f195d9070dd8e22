import { describe, expect, it } from "vitest";
import { isComplete, readTerms, toned, unitAt, withoutTerm, written } from "~/jobs/query-text.ts";

function shapes(text: string) {
  return readTerms(text).map(({ negated, key, operator, values }) => ({
    negated,
    key,
    operator: operator?.text,
    values: values.map((value) => value.text),
  }));
}

describe("the terms of a search", () => {
  it("are keys with their alternatives, comparisons and words", () => {
    expect(shapes("status:failed,cancelled duration>=30s nightly")).toEqual([
      { negated: false, key: "status", operator: ":", values: ["failed", "cancelled"] },
      { negated: false, key: "duration", operator: ">=", values: ["30s"] },
      { negated: false, key: undefined, operator: undefined, values: ["nightly"] },
    ]);
  });

  it("are negated by a minus or by NOT", () => {
    expect(shapes("-tag:nightly NOT type:email")).toEqual([
      { negated: true, key: "tag", operator: ":", values: ["nightly"] },
      { negated: true, key: "type", operator: ":", values: ["email"] },
    ]);
  });

  it("keep spaces, commas and escaped marks inside quotation marks", () => {
    expect(shapes(String.raw`error:"timed out, \"twice\"",refused`)).toEqual([
      { negated: false, key: "error", operator: ":", values: ['timed out, "twice"', "refused"] },
    ]);
  });

  it("may have a path with quoted steps", () => {
    const [term] = readTerms('payload."a.b: c".d:1');
    expect([term?.key, term?.values[0]?.text]).toEqual(["payload", "1"]);
  });

  it("cover the whole text, whatever stands in it", () => {
    for (const text of [
      "",
      "  ",
      "-",
      '"',
      ":",
      "a:",
      "a:b,",
      "<>",
      'x"y',
      "type:=a -- NOT",
      '-"',
    ]) {
      expect(
        toned(text)
          .map((piece) => piece.text)
          .join(""),
      ).toBe(text);
    }
  });
});

describe("a search that is being typed", () => {
  it.each(["status:", 'error:"timed', "status:failed,", "created>", '"half'])(
    "is not complete while a part is missing: %s",
    (text) => expect(isComplete(text)).toBe(false),
  );

  it("is complete when every term has its value", () => {
    expect(isComplete('type:email error:"a b" word ')).toBe(true);
  });
});

describe("taking a term away", () => {
  it("leaves the others with one space between them", () => {
    const text = "type:email  status:failed tag:x";
    const [, second] = readTerms(text);
    expect(second && withoutTerm(text, second)).toBe("type:email tag:x");
  });

  it("takes its sign away, too", () => {
    const [only] = readTerms("-tag:nightly");
    expect(only && withoutTerm("-tag:nightly", only)).toBe("");
  });
});

describe("writing a value", () => {
  it.each([
    ["nightly", "nightly"],
    ["ann@example.com", "ann@example.com"],
    ["two words", '"two words"'],
    ['say "hi"', String.raw`"say \"hi\""`],
    ["OR", '"OR"'],
    ["-x", '"-x"'],
  ])("%s is %s", (value, text) => {
    expect(written(value)).toBe(text);
    expect(readTerms(`tag:${text}`)[0]?.values[0]?.text).toBe(value);
  });
});

it("a place beyond an emoji is found where the server means it", () => {
  const text = "tag:😀 oops:1";
  expect(text.slice(unitAt(text, 6))).toBe("oops:1");
});
