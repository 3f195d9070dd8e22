import { expect, test } from "vitest";
import { isZone, momentOf, wallOf } from "~/lib/wall-time.ts";

test.each([
  ["2026-01-15T09:00", "Europe/Paris", "2026-01-15T08:00:00.000Z"],
  ["2026-07-15T09:00", "Europe/Paris", "2026-07-15T07:00:00.000Z"],
  ["2026-07-15T09:00", "UTC", "2026-07-15T09:00:00.000Z"],
  ["2026-07-15T09:00:30", "Asia/Kathmandu", "2026-07-15T03:15:30.000Z"],
  ["2026-03-29T03:00", "Europe/Paris", "2026-03-29T01:00:00.000Z"],
])("%s in %s is %s, and back", (wall, zone, at) => {
  expect(momentOf(wall, zone)).toEqual({ at });
  expect(wallOf(at, zone)).toBe(wall);
});

test("a time that clocks skip is told, and comes as much later", () => {
  expect(momentOf("2026-03-29T02:30", "Europe/Paris")).toEqual({
    at: "2026-03-29T01:30:00.000Z",
    odd: "skipped",
  });
});

test("of a time that comes twice the first is meant", () => {
  expect(momentOf("2026-10-25T02:30", "Europe/Paris")).toEqual({
    at: "2026-10-25T00:30:00.000Z",
    odd: "twice",
  });
  expect(momentOf("2026-11-01T01:30", "America/New_York")?.odd).toBe("twice");
});

test("what is half typed is no moment", () => {
  expect(momentOf("", "UTC")).toBeUndefined();
  expect(wallOf("never", "UTC")).toBe("");
  expect([isZone("Europe/Paris"), isZone("Europe/Nowhere"), isZone("")]).toEqual([
    true,
    false,
    false,
  ]);
});
