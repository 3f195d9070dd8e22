import { expect, test } from "vitest";
import { ServerClock } from "~/live/server-clock.ts";

const at = (ms: number) => new Date(ms).toISOString();

test("the lag of an answer is half its trip, and that of an event its age by the server's clock", () => {
  const clock = new ServerClock();
  clock.asked(100_000);
  clock.answered(at(160_050), 100_100); // a minute ahead of us
  expect(clock.lagMs).toBe(50);
  clock.told(at(160_000), 100_300);
  expect(clock.lagMs).toBe(300);
  expect(clock.correctionMs).toBe(60_000);
});

test("a small difference is the network's, and corrects nothing", () => {
  const clock = new ServerClock();
  clock.asked(0);
  clock.answered(at(900), 100);
  expect(clock.correctionMs).toBe(0);
});

test("a slow answer does not spoil what a quick one told", () => {
  const clock = new ServerClock();
  clock.asked(0);
  clock.answered(at(10), 20);
  clock.asked(1_000);
  clock.answered(at(1_010), 9_000);
  expect(clock.offsetMs).toBe(0);
});

test("before the clocks are compared, no lag is claimed", () => {
  const clock = new ServerClock();
  clock.told(at(0), 5_000);
  expect(clock.lagMs).toBeUndefined();
});

test("what is told again does not look like a delay, nor what was there before the line was", () => {
  const clock = new ServerClock();
  clock.asked(100_000);
  clock.answered(at(100_050), 100_100);
  clock.told(at(90_000), 100_200);
  expect(clock.lagMs).toBe(50);
  clock.told(at(101_000), 101_030);
  clock.told(at(100_500), 105_000);
  clock.told(at(101_000), 105_000);
  expect(clock.lagMs).toBe(30);
});
