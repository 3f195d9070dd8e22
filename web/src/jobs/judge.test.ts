import { expect, it } from "vitest";
import { judgeOf } from "~/jobs/judge.ts";
import { makeJob } from "~/test/make.ts";

it("every job belongs to a list without filters", () => {
  expect(judgeOf({})(makeJob())).toBe(true);
});

it("all filters must hold", () => {
  const judge = judgeOf({ status: ["failed"], type: ["email"] });
  expect(judge(makeJob({ status: "failed", type: "email" }))).toBe(true);
  expect(judge(makeJob({ status: "failed", type: "custom" }))).toBe(false);
});

it("plain terms of a search are told here", () => {
  const judge = judgeOf({ q: "state:failed,cancelled queue:default -tag:nightly" });
  expect(judge(makeJob({ status: "cancelled", tags: [] }))).toBe(true);
  expect(judge(makeJob({ status: "success", tags: [] }))).toBe(false);
  expect(judge(makeJob({ status: "failed", tags: ["nightly"] }))).toBe(false);
  expect(judge(makeJob({ status: "failed", priority: "high" }))).toBe(false);
});

it("what only the server can tell is left open, unless another term settles it", () => {
  const judge = judgeOf({ q: 'error:"timed out" type:email' });
  expect(judge(makeJob({ type: "email" }))).toBeUndefined();
  expect(judge(makeJob({ type: "custom" }))).toBe(false);
});
