import { expect, it } from "vitest";
import { isUsual, moved, readColumns, toggled, USUAL } from "~/jobs/column-choice.ts";

it("an address may name any columns, once each; what is unknown is left out", () => {
  expect(readColumns("took,status,nonsense,took,toString")).toEqual(["took", "status"]);
  expect(readColumns("nonsense")).toBeUndefined();
});

it("a column comes to the end and goes again", () => {
  const more = toggled(USUAL, "worker");
  expect(more.at(-1)).toBe("worker");
  expect(isUsual(toggled(more, "worker"))).toBe(true);
});

it("the last column stays", () => {
  expect(toggled(["status"], "status")).toEqual(["status"]);
});

it("a column moves one place, and not beyond the ends", () => {
  expect(moved(["status", "type", "id"], "type", -1)).toEqual(["type", "status", "id"]);
  expect(moved(["status", "type", "id"], "type", 1)).toEqual(["status", "id", "type"]);
  expect(moved(["status", "type"], "status", -1)).toEqual(["status", "type"]);
  expect(moved(["status", "type"], "id", 1)).toEqual(["status", "type"]);
});
