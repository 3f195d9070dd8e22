import { expect, test } from "vitest";
import { afterEnd, type Course, type End, endOf, opened, START } from "~/live/course.ts";

const refused: End = { kind: "refused" };
const unreachable: End = { kind: "unreachable" };

function after(course: Course, ...ends: readonly End[]): Course {
  return ends.reduce((before, end) => afterEnd(before, end, 0.5)[0], course);
}

test("a socket that does not open three times gives way to events, at once", () => {
  const [course, wait] = afterEnd(after(START, refused, refused), refused, 0.5);
  expect(course.way).toBe("events");
  expect(wait).toBe(0);
});

test("when neither opens, the page polls and goes on trying both", () => {
  const course = after(START, refused, refused, refused, refused, refused, refused);
  expect(course).toMatchObject({ polling: true, way: "socket" });
  expect(after(course, refused).way).toBe("events");
  expect(after(course, refused, refused).way).toBe("socket");
});

test("a line that opens leaves polling and all failures behind", () => {
  expect(opened("events")).toEqual({ way: "events", misses: 0, failures: 0, polling: false });
});

test("an API that is away says nothing about the ways, and is not polled", () => {
  const polling = after(START, refused, refused, refused, refused, refused, refused);
  expect(after(START, ...Array<End>(9).fill(unreachable)).way).toBe("socket");
  expect(after(polling, unreachable).polling).toBe(false);
});

test("pauses double up to half a minute, and at least half of each is waited", () => {
  let course = START;
  const waits = Array.from({ length: 8 }, () => {
    const [next, wait] = afterEnd(course, unreachable, 0);
    course = next;
    return wait;
  });
  expect(waits).toEqual([500, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000, 15_000]);
  expect(afterEnd(course, unreachable, 1)[1]).toBe(30_000);
});

test("a line that lasted begins anew; one that breaks at once counts as refused", () => {
  const shaky = after(START, refused, refused);
  expect(after(shaky, { kind: "lost", lastedMs: 60_000 })).toMatchObject({
    misses: 0,
    failures: 1,
  });
  expect(after(shaky, { kind: "lost", lastedMs: 40 }).way).toBe("events");
});

test("an ended credential is renewed at once, and not in a circle", () => {
  const [course, wait] = afterEnd(START, { kind: "expired" }, 0.5);
  expect(wait).toBe(0);
  expect(afterEnd(course, { kind: "expired" }, 0.5)[1]).toBeGreaterThan(0);
});

test("close codes: the server's own pause is kept to the millisecond", () => {
  expect(endOf(1012, "restarting: reconnect in 7300 ms", 9, 0)).toEqual({
    kind: "told",
    afterMs: 7_300,
  });
  expect(endOf(1013, "too slow: reconnect, and resume from the last id", 9, 0)).toEqual({
    kind: "told",
    afterMs: 1_000,
  });
  expect(endOf(4401, "the access token has expired", 9, 0)).toEqual({ kind: "expired" });
  expect(endOf(1006, "", 9, 0)).toEqual({ kind: "lost", lastedMs: 9 });
});
