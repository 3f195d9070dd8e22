import { expect, test } from "vitest";
import { countTicks, secondTicks, tickLabel, timeTicks, zoneLabel } from "~/lib/ticks.ts";

const at = (text: string) => Date.parse(text);
const labels = (ticks: readonly number[], zone: string) => ticks.map((it) => tickLabel(it, zone));

test("an hour is marked at round minutes", () => {
  const ticks = timeTicks(at("2026-11-23T13:07:30Z"), at("2026-11-23T14:07:00Z"), "UTC", 6);
  expect(labels(ticks, "UTC")).toEqual(["13:10", "13:20", "13:30", "13:40", "13:50", "14:00"]);
});

test("a day is marked at the hours of its zone, half-hour zones too", () => {
  const ticks = timeTicks(at("2026-11-22T14:00Z"), at("2026-11-23T14:00Z"), "Asia/Kolkata", 6);
  expect(labels(ticks, "Asia/Kolkata")).toEqual([
    "20:00",
    "Mon 23",
    "04:00",
    "08:00",
    "12:00",
    "16:00",
  ]);
});

test("midnights stay midnights over a day of 23 hours", () => {
  const ticks = timeTicks(at("2026-03-27T12:00Z"), at("2026-03-31T12:00Z"), "Europe/Paris", 5);
  expect(labels(ticks, "Europe/Paris")).toEqual(["Sat 28", "Sun 29", "Mon 30", "Tue 31"]);
});

test("a zone is named by its distance from UTC", () => {
  const winter = at("2026-01-10T00:00Z");
  expect(zoneLabel("UTC", winter)).toBe("UTC");
  expect(zoneLabel("Asia/Kolkata", winter)).toBe("UTC+5:30");
  expect(zoneLabel("America/New_York", winter)).toBe("UTC−5");
});

test("counts are marked at round numbers, and at 0 and 1 where there are none", () => {
  expect(countTicks(0)).toEqual([0, 1]);
  expect(countTicks(3)).toEqual([0, 1, 2, 3]);
  expect(countTicks(19)).toEqual([0, 5, 10, 15, 20]);
  expect(countTicks(12_400)).toEqual([0, 5_000, 10_000, 15_000]);
});

test("spans are marked at what clocks count in", () => {
  expect(secondTicks(0.07)).toEqual([0, 0.02, 0.04, 0.06, 0.08]);
  expect(secondTicks(358)).toEqual([0, 120, 240, 360]);
  expect(secondTicks(40 * 86_400)).toEqual([0, 10, 20, 30, 40].map((it) => it * 86_400));
});
