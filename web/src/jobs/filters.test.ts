import { expect, it } from "vitest";
import { chipsOf, countFrom } from "~/jobs/filters.ts";

it("each filter can be taken away alone", () => {
  const chips = chipsOf({
    q: "tag:nightly error:refused",
    status: ["failed", "dead_letter"],
    type: ["email", "custom"],
  });
  expect(chips.map((it) => it.label)).toEqual([
    "Failed or Dead letter",
    "type: email",
    "type: custom",
    "tag:nightly",
    "error:refused",
  ]);
  expect(chips[1]?.without.type).toEqual(["custom"]);
  expect(chips[3]?.without).toMatchObject({ q: "error:refused", type: ["email", "custom"] });
  expect(chips[0]?.without).not.toHaveProperty("status");
});

it("the last term takes the search with it", () => {
  expect(chipsOf({ q: "tag:nightly" })[0]?.without).toEqual({});
});

it("counters tell how many match while one of them is asked for", () => {
  const summary = {
    total: 10,
    by_status: { failed: 3, dead_letter: 1 },
    by_type: { email: 4 },
    by_priority: { high: 2 },
  };
  expect(countFrom({}, summary)).toBe(10);
  expect(countFrom({ status: ["failed", "dead_letter"] }, summary)).toBe(4);
  expect(countFrom({ status: ["failed"], type: ["email"] }, summary)).toBeUndefined();
  expect(countFrom({ q: "tag:x" }, summary)).toBeUndefined();
  expect(countFrom({}, undefined)).toBeUndefined();
});
