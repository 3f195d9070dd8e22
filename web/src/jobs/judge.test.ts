import { expect, it } from "vitest";
import { judgeOf } from "~/jobs/judge.ts";
import { job } from "~/jobs/sample.ts";

it("every job belongs to a list without filters", () => {
  expect(judgeOf({})(job())).toBe(true);
});

it("all filters must hold", () => {
  const judge = judgeOf({ status: ["failed"], type: ["email"] });
  expect(judge(job({ status: "failed", type: "email" }))).toBe(true);
  expect(judge(job({ status: "failed", type: "custom" }))).toBe(false);
});

it("plain terms of a search are told here", () => {
  const judge = judgeOf({ q: "state:failed,cancelled queue:default -tag:nightly" });
  expect(judge(job({ status: "cancelled", tags: [] }))).toBe(true);
  expect(judge(job({ status: "success", tags: [] }))).toBe(false);
  expect(judge(job({ status: "failed", tags: ["nightly"] }))).toBe(false);
  expect(judge(job({ status: "failed", priority: "high" }))).toBe(false);
});

it("what only the server can tell is left open, unless another term settles it", () => {
  const judge = judgeOf({ q: 'error:"timed out" type:email' });
  expect(judge(job({ type: "email" }))).toBeUndefined();
  expect(judge(job({ type: "custom" }))).toBe(false);
});
