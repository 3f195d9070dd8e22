import { describe, expect, it } from "vitest";
import { parseExactly } from "~/lib/exact-json.ts";
import {
  above,
  allOpen,
  copied,
  firstOpen,
  found,
  gist,
  pathWords,
  treeRows,
} from "~/ui/json-tree.ts";

const value = parseExactly(
  '{"": {"id": 12345678901234567890}, "a/b": [1, [], {"Sea": "calm"}], "c~": null}',
);
const pointers = (open: ReadonlySet<string>) => treeRows(value, open).map((it) => it.pointer);

describe("the rows of a tree", () => {
  it("hold only what is open", () => {
    expect(pointers(new Set())).toEqual([""]);
    expect(pointers(new Set([""]))).toEqual(["", "/", "/a~1b", "/c~0"]);
  });

  it("name empty keys and keys with slashes apart", () => {
    expect(pointers(allOpen(value))).toEqual([
      "",
      "/",
      "//id",
      "/a~1b",
      "/a~1b/0",
      "/a~1b/1",
      "/a~1b/2",
      "/a~1b/2/Sea",
      "/c~0",
    ]);
  });

  it("do not open what is empty", () => {
    expect(treeRows([], allOpen([]))[0]?.branch).toEqual({ size: 0, list: true, open: false });
  });

  it("open level by level at first, the root always", () => {
    const wide = { a: { x: 1, y: 2 }, b: Array.from({ length: 50 }, () => 0) };
    expect([...firstOpen(wide, 10)]).toEqual(["", "/a"]);
    expect([...firstOpen(wide.b, 10)]).toEqual([""]);
  });
});

describe("looking for something", () => {
  it("finds keys and values, whatever their case", () => {
    expect(found(value, "sea")).toEqual(["/a~1b/2/Sea"]);
    expect(found(value, "CALM")).toEqual(["/a~1b/2/Sea"]);
  });

  it("finds the digits of a number that JavaScript would round", () => {
    expect(found(value, "901234567890")).toEqual(["//id"]);
  });

  it("finds nothing for nothing, and stops where nobody steps further", () => {
    expect(found(value, "")).toEqual([]);
    expect(
      found(
        Array.from({ length: 20 }, () => "x"),
        "x",
        5,
      ),
    ).toHaveLength(5);
  });

  it("knows what must be open for a place to be seen", () => {
    expect(above("/a~1b/2/Sea")).toEqual(["", "/a~1b", "/a~1b/2"]);
    expect(above("")).toEqual([]);
  });
});

describe("what is copied", () => {
  it("has every digit, and a text without quotes", () => {
    expect(copied(value)).toContain('"id": 12345678901234567890');
    expect(copied("two\nlines")).toBe("two\nlines");
  });

  it("is a path as people write it", () => {
    expect(pathWords(["dataset", "rows", 3, "odd key", "x"])).toBe('dataset.rows[3]["odd key"].x');
    expect(pathWords([""])).toBe('[""]');
  });
});

it("tells the gist of a closed branch in one line", () => {
  expect(gist({ rows: 10, name: "a".repeat(40), more: {}, list: [1] })).toBe(
    `rows: 10, name: "${"a".repeat(24)}…", more: {…}, list: […]`,
  );
  expect(
    gist(
      Array.from({ length: 100 }, (_, at) => at),
      10,
    ),
  ).toBe("0, 1, 2, 3, …");
});
