import { expect, test } from "vitest";
import { freshness } from "~/live/freshness.ts";
import type { Connection } from "~/live/socket.ts";

const NOW = Date.parse("2026-11-23T14:10:00Z");

function words(connection: Connection, changes: Partial<Parameters<typeof freshness>[0]> = {}) {
  return freshness({
    connection,
    paused: false,
    waiting: 0,
    lagMs: undefined,
    heardAt: NOW - 2_000,
    now: NOW,
    zone: "UTC",
    ...changes,
  }).words;
}

test("live says how old the last news was, in tenths of a second", () => {
  expect(words({ state: "live", way: "socket" })).toBe("Live");
  expect(words({ state: "live", way: "events" }, { lagMs: 140 })).toBe("Live 0.2 s");
  expect(words({ state: "live", way: "socket" }, { lagMs: 42_000 })).toBe("Live 42 s");
});

test("a pause outranks whatever the connection does", () => {
  const waiting: Connection = { state: "waiting", until: NOW + 4_000, failures: 2 };
  expect(words(waiting, { paused: true, waiting: 12 })).toBe("Paused (12 waiting)");
});

test("a short break counts down, a long one says since when the page is stale", () => {
  const waiting: Connection = { state: "waiting", until: NOW + 3_400, failures: 2 };
  expect(words(waiting)).toBe("Reconnecting in 4 s");
  expect(words(waiting, { heardAt: NOW - 480_000 })).toBe("Stale since 14:02");
  expect(words({ state: "connecting" }, { heardAt: NOW - 480_000 })).toBe("Stale since 14:02");
  expect(words({ state: "connecting" }, { heardAt: 0 })).toBe("Connecting");
});

test("polling and being refused are told apart", () => {
  expect(words({ state: "polling" })).toBe("Polling");
  expect(words({ state: "forbidden" }, { heardAt: 0 })).toBe("Not live");
});
