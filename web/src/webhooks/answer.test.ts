import { expect, test } from "vitest";
import { lastAnswer } from "~/webhooks/answer.ts";

test.each([
  [{ last_status: 204, last_error: null }, "HTTP 204"],
  [{ last_status: null, last_error: "dns" }, "No such host"],
  [{ last_status: null, last_error: "gremlins" }, "gremlins"],
  [{ last_status: null, last_error: null }, undefined],
])("%o is told as %s", (delivery, words) => {
  expect(lastAnswer(delivery)).toBe(words);
});
