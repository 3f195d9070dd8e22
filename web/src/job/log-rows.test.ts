import { describe, expect, it } from "vitest";
import type { LogLine } from "~/api/schema.ts";
import { fillFrom, holes, logRows, logText, rowsWith } from "~/job/log-rows.ts";
import { makeLine, makeLines } from "~/test/make.ts";

const page = (after: number, items: LogLine[], more = true) => ({
  after,
  items,
  next_cursor: more ? "more" : null,
});
const spans = (all: readonly { from: number; to: number }[]) => all.map((it) => [it.from, it.to]);

describe("what is missing of a log", () => {
  const tail = makeLines(20_301, 21_300);

  it("is nothing when fewer lines came than a job brings at most", () => {
    expect(holes(makeLines(10_001, 10_003), [])).toEqual([]);
  });

  it("is all before the last lines, without what was read", () => {
    expect(spans(holes(tail, []))).toEqual([[0, 20_300]]);
    expect(spans(holes(tail, [page(20_100, makeLines(20_101, 20_300))]))).toEqual([[0, 20_100]]);
    expect(
      spans(holes(tail, [page(0, makeLines(1, 200)), page(400, makeLines(401, 600))])),
    ).toEqual([
      [200, 400],
      [600, 20_300],
    ]);
  });

  it("is nothing behind a page that says it is the last", () => {
    expect(spans(holes(tail, [page(600, [], false)]))).toEqual([[0, 600]]);
  });

  it("is filled from its end, attempt by attempt", () => {
    const next = (from: number, to: number) => fillFrom({ from, to }, 200);
    expect(next(0, 20_300)).toBe(20_100);
    expect(next(0, 20_100)).toBe(20_000);
    expect(next(0, 20_000)).toBe(10_000);
    expect(next(10_200, 20_000)).toBe(10_200);
    expect(next(0, 10_000)).toBe(0);
  });

  it("stands where it belongs, whatever is left out", () => {
    const rows = logRows([makeLine(1), makeLine(300, { level: "debug" }), makeLine(301)], "info", [
      { kind: "hole", from: 1, to: 299 },
    ]);
    expect(rows.map((it) => (it.kind === "hole" ? "hole" : it.line.seq))).toEqual([1, "hole", 301]);
  });
});

it("leaves out what is less serious, but never a level that it does not know", () => {
  const some = [makeLine(1, { level: "debug" }), makeLine(2), makeLine(3, { level: "error" })];
  expect(logRows(some, "warning")).toMatchObject([{ kind: "line", line: { seq: 3 } }]);
  expect(logRows([makeLine(1, { level: "odd" })], "error")).toHaveLength(1);
});

it("marks where another attempt begins", () => {
  const rows = logRows(
    [makeLine(1), makeLine(2, { attempt: 2 }), makeLine(3, { attempt: 2 })],
    "debug",
  );
  expect(rows.map((it) => it.kind === "line" && it.begins)).toEqual([false, true, false]);
});

it("finds words in messages and fields, colours or not", () => {
  const rows = logRows(
    [
      makeLine(1, { message: "rows \u001b[31mre\u001b[0mad" }),
      makeLine(2, { fields: { Host: "a.test" } }),
    ],
    "debug",
  );
  expect(rowsWith(rows, "READ")).toEqual([0]);
  expect(rowsWith(rows, "host=")).toEqual([1]);
  expect(rowsWith(rows, "")).toEqual([]);
});

it("writes a line of text for each line", () => {
  expect(logText([makeLine(1, { fields: { rows: 3, at: "x" } })])).toBe(
    '2026-11-23T12:00:00Z info    line 1 at="x" rows=3\n',
  );
});
