import { expect, it } from "vitest";
import type { DryRun, OperationView } from "~/api/schema.ts";
import { headline, leftOut, question } from "~/jobs/bulk-words.ts";

const RUN: DryRun = {
  action: "cancel",
  count: 12_431,
  at_least: 12_431,
  exact: true,
  cannot: {},
  not_found: 0,
  out_of_reach: 0,
  sample: [],
};

it("the question names the effect and the number", () => {
  expect(question(RUN, undefined)).toBe("Cancel 12,431 jobs?");
  expect(question({ ...RUN, count: 1 }, undefined)).toBe("Cancel 1 job?");
  expect(question({ ...RUN, count: null, at_least: 90_000 }, undefined)).toBe(
    "Cancel at least 90,000 jobs?",
  );
  expect(question({ ...RUN, action: "reprioritise", count: 2 }, "high")).toBe(
    "Give 2 jobs the priority high?",
  );
});

it("what is left out is told by its reason", () => {
  expect(leftOut(RUN)).toBe("");
  expect(leftOut({ ...RUN, cannot: { success: 2, dead_letter: 1 }, not_found: 1 })).toBe(
    "4 are left as they are: 2 success, 1 dead letter, 1 not there any more.",
  );
  expect(leftOut({ ...RUN, cannot: { success: 1 } })).toBe("1 is left as it is: 1 success.");
});

it("an operation is told by what it does, and to which jobs", () => {
  const filter = { status: ["failed"], type: ["email"], priority: [], q: "tag:x" };
  const operation = { action: "retry", priority: null, named: null, filter } as unknown;
  expect(headline(operation as OperationView)).toBe("Retry: status:failed type:email tag:x");
  const named = { action: "reprioritise", priority: "high", named: 3, filter: null } as unknown;
  expect(headline(named as OperationView)).toBe("Set the priority to high: 3 jobs by name");
});
