/**
 * Which way the live connection takes, and when it tries again. Pure: no socket, no clock.
 *
 * A way that the API answers on and that still does not open (a proxy that cuts sockets) is given
 * up after three tries: first the socket, then server-sent events, then polling, which goes on
 * trying both. An API that does not answer at all says nothing about the ways.
 */

export type Way = "socket" | "events";

/** What is remembered between two tries. */
export interface Course {
  /** What to try next. */
  readonly way: Way;
  /** Tries in a row at which the API answered and this way did not open, or did not last. */
  readonly misses: number;
  /** Tries in a row that came to nothing, whatever the reason. */
  readonly failures: number;
  /** No way opens: the page reads again from time to time. */
  readonly polling: boolean;
}

export const START: Course = { way: "socket", misses: 0, failures: 0, polling: false };

/** How a connection, or the try to make one, has ended. */
export type End =
  /** The API did not answer. */
  | { readonly kind: "unreachable" }
  /** The API answers, and the line did not open. */
  | { readonly kind: "refused" }
  /** The line was open for so long and broke. */
  | { readonly kind: "lost"; readonly lastedMs: number }
  /** The server asks to come back, then. */
  | { readonly kind: "told"; readonly afterMs: number }
  /** The credential has ended; the next one is at hand, or nobody is signed in any more. */
  | { readonly kind: "expired" }
  /** This person may not follow. */
  | { readonly kind: "forbidden" };

const MISSES = 3;
const BACKOFF_MS = { first: 500, most: 30_000 };
/** A line that breaks sooner than this has not really worked. */
const BRIEF_MS = 5_000;

/** The course once a line is open. */
export function opened(way: Way): Course {
  return { ...START, way };
}

/** What to do after an end: the course from here, and how many milliseconds to wait. */
export function afterEnd(course: Course, end: End, random: number): [Course, number] {
  const failures = course.failures + 1;
  switch (end.kind) {
    case "told":
      return [{ ...course, failures }, end.afterMs];
    case "expired":
      // Once at once; a server that goes on saying so is not asked in a circle.
      return [{ ...course, failures }, course.failures === 0 ? 0 : backoff(failures, random)];
    case "forbidden":
      return [{ ...course, failures }, Number.POSITIVE_INFINITY];
    case "unreachable":
      return [{ ...course, failures, polling: false }, backoff(failures, random)];
    case "refused":
      return missed(course, random);
    case "lost":
      return end.lastedMs < BRIEF_MS
        ? missed(course, random)
        : [{ ...course, failures: 1, misses: 0 }, backoff(1, random)];
  }
}

function missed(course: Course, random: number): [Course, number] {
  const failures = course.failures + 1;
  const wait = backoff(failures, random);
  if (course.polling) return [{ ...course, failures, way: other(course.way) }, wait];
  if (course.misses + 1 < MISSES) return [{ ...course, failures, misses: course.misses + 1 }, wait];
  // Another way deserves a quick try.
  if (course.way === "socket") return [{ ...START, way: "events" }, 0];
  return [{ way: "socket", misses: 0, failures, polling: true }, wait];
}

function other(way: Way): Way {
  return way === "socket" ? "events" : "socket";
}

/** Doubles up to half a minute; the second half of each is random, so that tabs do not come at once. */
function backoff(failures: number, random: number): number {
  const most = Math.min(BACKOFF_MS.first * 2 ** failures, BACKOFF_MS.most);
  return most / 2 + (random * most) / 2;
}

const EXPIRED = 4401;
const FORBIDDEN = 4403;
const GOING_AWAY = 1012;
const TRY_LATER = 1013;

/** What a close code says, of a socket or of the last event of a stream. */
export function endOf(code: number, reason: string, lastedMs: number, random: number): End {
  if (code === EXPIRED) return { kind: "expired" };
  if (code === FORBIDDEN) return { kind: "forbidden" };
  if (code === GOING_AWAY || code === TRY_LATER) {
    const given = /\bin (\d{1,6}) ms\b/.exec(reason)?.[1];
    return { kind: "told", afterMs: given ? Number(given) : 1_000 + random * 2_000 };
  }
  return { kind: "lost", lastedMs };
}
