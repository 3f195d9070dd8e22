import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { LiveFrame } from "~/api/schema.ts";
import type { End, Way } from "~/live/course.ts";
import type { Dial, Listener, Wish } from "~/live/line.ts";
import { LiveSocket } from "~/live/socket.ts";

const REFUSED: End = { kind: "refused" };

/** A line that does what the test says, in the place of the network. */
interface Call {
  readonly way: Way;
  readonly since: string | undefined;
  readonly wishes: Wish[];
  readonly listener: Listener;
  pings: number;
  closed: boolean;
}

function follow() {
  const calls: Call[] = [];
  const told: string[] = [];
  const frames: LiveFrame[] = [];
  const dial =
    (way: Way): Dial =>
    (since, wish, listener) => {
      const call: Call = { way, since, wishes: [wish], listener, pings: 0, closed: false };
      calls.push(call);
      return {
        way,
        want: (next) => call.wishes.push(next),
        ping: () => {
          call.pings += 1;
          return way === "socket";
        },
        close: () => {
          call.closed = true;
        },
      };
    };
  const socket = new LiveSocket(
    {
      onFrame: (frame) => frames.push(frame),
      onGap: () => told.push("gap"),
      onFirst: () => told.push("first"),
      onPoll: () => told.push("poll"),
      onState: ({ state }) => told.push(state),
    },
    { socket: dial("socket"), events: dial("events") },
  );
  const last = () => calls.at(-1) as Call;
  return { socket, calls, told, frames, last };
}

function connected(id: string): LiveFrame {
  return { event: "connected", id } as unknown as LiveFrame;
}

function event(id: string): LiveFrame {
  return { event: "queue_paused", id, queue: "low", at: "2026-01-01T00:00:00Z" } as LiveFrame;
}

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

test("a broken line is resumed after the last frame that was seen", () => {
  const { socket, told, frames, last } = follow();
  socket.open();
  last().listener.onFrame(connected("e.1"));
  last().listener.onFrame(event("e.7"));
  vi.advanceTimersByTime(6_000);
  last().listener.onEnd({ kind: "lost", lastedMs: 6_000 });
  vi.advanceTimersByTime(1_000);
  expect(last().since).toBe("e.7");
  last().listener.onFrame(connected("e.7"));
  expect(told).toEqual(["connecting", "live", "first", "waiting", "connecting", "live"]);
  expect(frames.map((it) => it.event)).toContain("queue_paused");
});

test("what a closed line still says is not heard", () => {
  const { socket, frames, calls } = follow();
  socket.open();
  socket.close();
  calls[0]?.listener.onFrame(event("e.1"));
  calls[0]?.listener.onEnd(REFUSED);
  vi.advanceTimersByTime(120_000);
  expect([frames.length, calls.length]).toEqual([0, 1]);
});

test("events carry where the socket does not open, until it does again", () => {
  const { socket, calls, last, told } = follow();
  socket.open();
  for (let n = 0; n < 3; n += 1) {
    last().listener.onEnd(REFUSED);
    vi.advanceTimersByTime(5_000);
  }
  const events = last();
  expect(events.way).toBe("events");
  events.listener.onFrame(connected("e.1"));
  vi.advanceTimersByTime(30_000);
  events.listener.onBeat();
  vi.advanceTimersByTime(31_000);
  const climber = last();
  expect([climber.way, events.closed]).toEqual(["socket", false]);
  climber.listener.onFrame(connected("e.1"));
  expect(events.closed).toBe(true);
  expect(told.filter((it) => it === "live")).toHaveLength(2);
  expect(calls).toHaveLength(5);
});

test("where nothing opens the page polls every ten seconds, and stops when something does", () => {
  const { socket, last, told } = follow();
  socket.open();
  while (!told.includes("poll")) {
    last().listener.onEnd(REFUSED);
    vi.advanceTimersByTime(30_000);
  }
  const polls = () => told.filter((it) => it === "poll").length;
  const before = polls();
  vi.advanceTimersByTime(20_000);
  expect(polls() - before).toBe(2);
  last().listener.onFrame(connected("e.1"));
  vi.advanceTimersByTime(20_000);
  expect(polls() - before).toBe(2);
});

test("a machine that slept finds its silent line out, and a proof is asked of one that is not sure", () => {
  const { socket, last, told } = follow();
  socket.open();
  last().listener.onFrame(connected("e.1"));
  vi.advanceTimersByTime(10_000);
  const pings = last().pings;
  socket.hasten();
  expect(last().pings).toBe(pings + 1);
  vi.advanceTimersByTime(3_000);
  expect(told.at(-1)).toBe("waiting");
});

test("a gap is told, and log lines stay wished for on the next line", () => {
  const { socket, last, told } = follow();
  socket.open();
  last().listener.onFrame(connected("e.1"));
  socket.watch(["job"], 100);
  last().listener.onFrame({ event: "resync", id: "f.1" } as unknown as LiveFrame);
  expect(told.at(-1)).toBe("gap");
  last().listener.onEnd({ kind: "told", afterMs: 7_000 });
  vi.advanceTimersByTime(6_999);
  expect(last().since).toBeUndefined();
  vi.advanceTimersByTime(1);
  expect(last().since).toBe("f.1");
  expect(last().wishes[0]).toEqual({ logs: ["job"], batch: 100 });
});

test("a hidden tab asks for a batch in ten seconds, and for its pace again", () => {
  const { socket, last } = follow();
  socket.open();
  last().listener.onFrame(connected("e.1"));
  socket.slow(true);
  socket.slow(true);
  socket.slow(false);
  expect(last().wishes.map((it) => it.batch)).toEqual([250, 10_000, 250]);
});

test("who may not follow is not asked again and again", () => {
  const { socket, calls, last, told } = follow();
  socket.open();
  last().listener.onEnd({ kind: "forbidden" });
  vi.advanceTimersByTime(600_000);
  expect(told.at(-1)).toBe("forbidden");
  expect(calls).toHaveLength(1);
});
