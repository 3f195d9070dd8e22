import { expect, test } from "vitest";
import { receiverLook } from "~/webhooks/looks.ts";

test.each([
  ["ok", 0, "Fine"],
  ["ok", 2, "Failing"],
  ["backing_off", 3, "Left alone"],
  ["disabled", 50, "Disabled"],
] as const)("a receiver that is %s after %i failures is called %s", (state, failures, label) => {
  expect(receiverLook({ state, failures }).label).toBe(label);
});
