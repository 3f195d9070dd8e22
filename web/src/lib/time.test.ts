import { expect, test } from "vitest";
import { clock, exactly, relative } from "~/lib/time.ts";

const NOW = Date.parse("2026-03-29T12:00:00Z");

test("today is told by the clock, another day by its date", () => {
  expect(clock("2026-03-29T09:00:05Z", "Europe/Paris", NOW)).toBe("11:00:05");
  expect(clock("2026-03-28T22:30:00Z", "Europe/Paris", NOW)).toBe("2026-03-28 23:30:00");
});

test("the exact form names zone and offset, which change with the clocks", () => {
  expect(exactly("2026-03-29T00:59:59.123Z", "Europe/Paris")).toBe(
    "2026-03-29 01:59:59.123 Europe/Paris (UTC+1)",
  );
  expect(exactly("2026-03-29T01:00:00Z", "Europe/Paris")).toBe(
    "2026-03-29 03:00:00.000 Europe/Paris (UTC+2)",
  );
});

test("relative words end after a day", () => {
  expect(relative("2026-03-29T11:59:48Z", "UTC", NOW)).toBe("12 s ago");
  expect(relative("2026-03-29T12:03:00Z", "UTC", NOW)).toBe("in 3 min");
  expect(relative("2026-03-29T12:00:00.4Z", "UTC", NOW)).toBe("now");
  expect(relative("2026-03-27T12:00:00Z", "UTC", NOW)).toBe("2026-03-27");
});
