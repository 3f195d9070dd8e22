import { expect, it } from "vitest";
import { askAgainAfter, mayAskAgain } from "~/api/again.ts";
import { ApiProblem } from "~/api/problem.ts";

function refused(status: number, seconds?: number): ApiProblem {
  const headers = new Headers(seconds === undefined ? {} : { "Retry-After": String(seconds) });
  return new ApiProblem(status, { title: "Refused" }, headers);
}

it("a server that is away is asked again, a refusal is not", () => {
  expect([0, 500, 503].map((it) => mayAskAgain(0, refused(it)))).toEqual([true, true, true]);
  expect([400, 403, 404].map((it) => mayAskAgain(0, refused(it)))).toEqual([false, false, false]);
  expect(mayAskAgain(3, refused(503))).toBe(false);
});

it("a limit is waited for as long as the API says, when that is not long", () => {
  expect(mayAskAgain(0, refused(429, 3))).toBe(true);
  expect(askAgainAfter(0, refused(429, 3))).toBe(3_000);
  expect(mayAskAgain(0, refused(429, 50))).toBe(false);
  expect(mayAskAgain(0, refused(429))).toBe(false);
});

it("a server that wants an hour is asked sooner, so that the page says something", () => {
  expect(askAgainAfter(0, refused(503, 3_600))).toBe(10_000);
});

it("without a word from the API the pauses grow", () => {
  expect([0, 1, 2, 9].map((it) => askAgainAfter(it, new Error("lost")))).toEqual([
    1_000, 2_000, 4_000, 30_000,
  ]);
});
