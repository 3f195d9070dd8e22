import { expect, test } from "vitest";
import type { PulseFrame, ToldFrame } from "~/api/schema.ts";
import { Feed, MOST_HELD } from "~/live/feed.ts";

const frame = (id: string) => ({ event: "queue_paused", id, queue: "low", at: "" }) as ToldFrame;

function followed(): { feed: Feed; told: string[]; gaps: () => number } {
  const feed = new Feed();
  const told: string[] = [];
  let gaps = 0;
  feed.listen((frames) => told.push(...frames.map((it) => it.id)));
  feed.onGap(() => {
    gaps += 1;
  });
  return { feed, told, gaps: () => gaps };
}

test("what comes while the page is paused comes after it, in order", () => {
  const { feed, told } = followed();
  feed.pause(true);
  feed.hear([frame("1"), frame("2")]);
  feed.hear([frame("3")]);
  expect(told).toEqual([]);
  expect(feed.waiting).toBe(3);
  feed.pause(false);
  expect(told).toEqual(["1", "2", "3"]);
  expect(feed.waiting).toBe(0);
});

test("more than can be held is dropped and read anew, and still counted", () => {
  const { feed, told, gaps } = followed();
  feed.pause(true);
  feed.hear(Array.from({ length: MOST_HELD }, (_, n) => frame(String(n))));
  feed.hear([frame("one more")]);
  expect(feed.waiting).toBe(MOST_HELD + 1);
  feed.pause(false);
  expect([told.length, gaps()]).toEqual([0, 1]);
});

test("a gap while paused waits for the end of the pause", () => {
  const { feed, told, gaps } = followed();
  feed.pause(true);
  feed.hear([frame("1")]);
  feed.heal();
  expect(gaps()).toBe(0);
  feed.pause(false);
  expect([told.length, gaps()]).toEqual([0, 1]);
});

test("of the pulses of a pause only the latest is shown", () => {
  const { feed } = followed();
  const shown: string[] = [];
  feed.onPulse(({ at }) => shown.push(at));
  const pulse = (at: string) => ({ event: "pulse", at }) as PulseFrame;
  feed.beat(pulse("1"));
  feed.pause(true);
  feed.beat(pulse("2"));
  feed.beat(pulse("3"));
  expect(shown).toEqual(["1"]);
  feed.pause(false);
  expect(shown).toEqual(["1", "3"]);
});
