/** What carries the live frames: a WebSocket, or server-sent events where sockets are cut. */
import type { LiveFrame } from "~/api/schema.ts";
import type { End, Way } from "~/live/course.ts";

/** What is to come, beside every event: the log lines of some jobs, and how often. */
export interface Wish {
  readonly logs: readonly string[];
  /** Milliseconds between two batches. */
  readonly batch: number;
}

export interface Line {
  readonly way: Way;
  want(wish: Wish): void;
  /** Asks for a sign of life; false where the line has no way to ask. */
  ping(): boolean;
  close(): void;
}

/** Who listens to a line; `ended` comes once, and nothing after it. */
export interface Listener {
  onFrame(frame: LiveFrame): void;
  /** A sign of life without a frame. */
  onBeat(): void;
  onEnd(end: End): void;
}

export type Dial = (since: string | undefined, wish: Wish, listener: Listener) => Line;

/** A handshake that hangs this long is refused: a proxy that swallows it says nothing. */
export const OPENING_MS = 8_000;
/** What comes besides events: how the installation stands, at most once a second. */
const TOPICS = ["summary"];

/** The address of a line, resumed after `since`. */
export function addressOf(
  path: "/ws" | "/api/v1/events",
  since: string | undefined,
  { batch }: Wish,
  ticket?: string,
): URL {
  const address = new URL(path, window.location.href);
  if (path === "/ws") address.protocol = address.protocol.replace("http", "ws");
  for (const topic of TOPICS) address.searchParams.append("topics", topic);
  address.searchParams.set("batch", String(batch));
  if (since) address.searchParams.set("since", since);
  if (ticket) address.searchParams.set("ticket", ticket);
  return address;
}
