// @vitest-environment jsdom
import { expect, it } from "vitest";
import { toCsv, toNdjson } from "~/jobs/export.ts";
import { makeJob } from "~/test/make.ts";

it("a table has a head and one line for each job", () => {
  const [head, first, rest] = toCsv([makeJob({ tags: ["a", "b"], duration_seconds: 0.5 })]).split(
    "\r\n",
  );
  expect(head?.startsWith("id,type,status")).toBe(true);
  expect(first).toContain("email,queued,normal,,a b,0,0,3");
  expect(rest).toBe("");
});

it("commas, quotation marks and line breaks stay inside their cell", () => {
  expect(toCsv([makeJob({ summary: 'a, "b"\nc' })])).toContain('"a, ""b""\nc"');
});

it("a text that a spreadsheet would compute is kept a text; a number stays one", () => {
  const table = toCsv([makeJob({ summary: "=1+1", duration_seconds: -1 })]);
  expect(table).toContain(",'=1+1,");
  expect(table).toContain(",-1,");
});

it("lines of JSON read back as the jobs", () => {
  const items = [makeJob({}, 1), makeJob({ summary: "ä\n" }, 2)];
  const lines = toNdjson(items).trimEnd().split("\n");
  expect(lines.map((it) => JSON.parse(it))).toEqual(items);
});
