import { describe, expect, test } from "vitest";
import { readCrawl } from "~/results/crawl-shape.ts";
import { readFindings } from "~/results/findings-shape.ts";
import { readMail } from "~/results/mail-shape.ts";
import { readTable } from "~/results/table-shape.ts";
import { finishWords, readText } from "~/results/text-shape.ts";
import { viewersOf } from "~/results/viewers.ts";

const TABLE = { preview: { columns: ["a"], rows: [[1]] }, schema: [{ name: "a", type: "BIGINT" }] };
const CRAWL = {
  url: "https://a.example/",
  tree: [{ name: "a.example", pages: 1, url: "https://a.example/", status: 200 }],
  pages: [{ url: "https://a.example/", status: 200, depth: 0, title: "A" }],
  items: { columns: ["page_url"], rows: [["https://a.example/"]], total: 1 },
};
const TEXT = { outputs: [{ text: "Hello", finish_reason: "stop", tokens: null }] };
const FINDINGS = {
  grade: "B",
  score: 82,
  findings: [
    { id: "1", title: "Low one", severity: "low", references: ["javascript:alert(1)"] },
    { id: "2", title: "High one", severity: "high", references: ["https://a.example/"], line: 4 },
  ],
};
const MAIL = {
  transport: "sink",
  deliveries: [{ recipient: "a@example.com", status: "accepted", code: 250, at: "not a time" }],
  summary: { accepted: 1, rejected: 0, total: 1 },
};

describe("the viewer of a result", () => {
  test.each([
    [TABLE, "table", "table"],
    [CRAWL, "table", "crawl"],
    [TEXT, "text", "text"],
    [FINDINGS, "findings", "findings"],
    [MAIL, "mail", "mail"],
  ] as const)("%j shown as %s is read as %s", (result, viewer, reading) => {
    expect(viewersOf(result, viewer)).toBe(reading);
    expect(viewersOf(result, undefined)).toBe(reading);
  });

  test("a type that asks for JSON gets JSON, whatever its result looks like", () => {
    expect(viewersOf(TABLE, "json")).toBeUndefined();
  });

  test.each([
    {},
    { preview: null },
    { preview: { columns: "a", rows: [] } },
    { preview: { columns: ["a"], rows: [1] } },
    { pages: {}, tree: [] },
    { outputs: [] },
    { outputs: [1, { text: 2 }] },
    { grade: 1, score: "B", findings: [] },
    { deliveries: "none" },
  ])("%j of an older version is shown as JSON", (result) => {
    expect(viewersOf(result, undefined)).toBeUndefined();
  });
});

test("what is missing in a table is left out, and the rest is shown", () => {
  const odd = { ...TABLE, schema: [1, { name: "a", histogram: { from: 0 } }], series: [{}] };
  expect(readTable(odd)?.facts).toEqual([{ name: "a", type: "", nullsPct: 0, top: [] }]);
  expect(readTable(odd)?.series).toEqual([]);
});

test("a tree without end is cut", () => {
  let deep: Record<string, unknown> = { name: "leaf", pages: 1 };
  for (let n = 0; n < 5_000; n++) deep = { name: "folder", pages: 1, children: [deep] };
  expect(readCrawl({ ...CRAWL, tree: [deep] })?.tree).toHaveLength(1);
});

test("findings come with the worst first, and only links that are of the web", () => {
  const scan = readFindings(FINDINGS);
  expect(scan?.findings.map(({ title }) => title)).toEqual(["High one", "Low one"]);
  expect(scan?.findings.map(({ references }) => references)).toEqual([["https://a.example/"], []]);
  expect(scan?.findings[0]?.location).toBe("line 4");
  expect(scan?.counts).toEqual({ critical: 0, high: 1, medium: 0, low: 1, info: 0 });
});

test("mail tells what became of whom, without what it does not know", () => {
  expect(readMail(MAIL)).toEqual({
    kept: true,
    deliveries: [{ recipient: "a@example.com", status: "accepted", code: 250, answer: "" }],
    summary: [["accepted", 1]],
  });
});

test("an answer says why it ended", () => {
  expect(readText(TEXT)?.outputs[0]).toEqual({
    text: "Hello",
    finish: "stop",
    repaired: false,
    json: undefined,
  });
  expect([finishWords("length"), finishWords("tool"), finishWords("")]).toEqual([
    "cut at max_tokens",
    "ended by tool",
    "",
  ]);
});
