import { expect, it } from "vitest";
import { EVERYTHING, everyRow, extended, isChosen, NOTHING, toggled } from "~/jobs/selection.ts";

const SHOWN = ["e", "d", "c", "b", "a"];

it("a row is chosen, and let go", () => {
  const one = toggled(NOTHING, "c", SHOWN);
  expect([...one.ids]).toEqual(["c"]);
  expect(toggled(one, "c", SHOWN).ids.size).toBe(0);
});

it("a range reaches from the row chosen last, in both directions", () => {
  const from = toggled(NOTHING, "c", SHOWN);
  expect([...extended(from, "a", SHOWN).ids].sort()).toEqual(["a", "b", "c"]);
  expect([...extended(from, "e", SHOWN).ids].sort()).toEqual(["c", "d", "e"]);
});

it("a range that begins nowhere is the row alone", () => {
  expect([...extended(NOTHING, "b", SHOWN).ids]).toEqual(["b"]);
});

it("all rows shown are chosen, and let go together", () => {
  const all = everyRow(NOTHING, SHOWN);
  expect(all.ids.size).toBe(5);
  expect(everyRow(all, SHOWN)).toBe(NOTHING);
});

it("of everything that matches, taking one away leaves the rows shown", () => {
  expect(isChosen(EVERYTHING, "not shown")).toBe(true);
  const but = toggled(EVERYTHING, "c", SHOWN);
  expect([but.all, [...but.ids].sort()]).toEqual([false, ["a", "b", "d", "e"]]);
});
