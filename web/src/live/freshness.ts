/** How fresh the page is, in a word or two. Pure. */
import { span } from "~/lib/format.ts";
import { clock, type Zone } from "~/lib/time.ts";
import type { Connection } from "~/live/socket.ts";

export interface Freshness {
  readonly kind: "live" | "paused" | "polling" | "trying" | "stale";
  readonly words: string;
  /** More about it, for the tooltip. */
  readonly detail: string;
}

interface Facts {
  readonly connection: Connection;
  readonly paused: boolean;
  /** Events held back by the pause. */
  readonly waiting: number;
  readonly lagMs: number | undefined;
  /** When something last came; 0 before that. */
  readonly heardAt: number;
  readonly now: number;
  readonly zone: Zone;
}

/** A page that has heard nothing for so long, and is not connected, is not fresh any more. */
const STALE_MS = 20_000;

export function freshness(facts: Facts): Freshness {
  const { connection, paused, waiting, lagMs, now } = facts;
  if (paused) return { kind: "paused", words: `Paused (${waiting} waiting)`, detail: "" };
  switch (connection.state) {
    case "live": {
      const lag = lagMs === undefined ? "" : ` ${lagWords(lagMs)}`;
      const way = connection.way === "socket" ? "a socket" : "server-sent events";
      return { kind: "live", words: `Live${lag}`, detail: `Pushed over ${way}` };
    }
    case "polling":
      return { kind: "polling", words: "Polling", detail: "No live connection: read every 10 s" };
    case "forbidden":
      return stale(facts, "This account may not follow live events");
    case "connecting":
      return broken(facts, "Connecting", "");
    case "waiting": {
      const left = Math.max(0, Math.ceil((connection.until - now) / 1000));
      const words = left > 0 ? `Reconnecting in ${span(left)}` : "Reconnecting";
      return broken(facts, words, "The live connection broke off");
    }
  }
}

/** A short break is told as one; a long one makes what is shown stale. */
function broken(facts: Facts, words: string, detail: string): Freshness {
  const { heardAt, now } = facts;
  if (heardAt > 0 && now - heardAt > STALE_MS) return stale(facts, words);
  return { kind: "trying", words, detail };
}

function stale({ heardAt, now, zone }: Facts, detail: string): Freshness {
  if (heardAt === 0) return { kind: "stale", words: "Not live", detail };
  const at = clock(new Date(heardAt).toISOString(), zone, now).slice(0, -3);
  return { kind: "stale", words: `Stale since ${at}`, detail };
}

/** In tenths of a second: finer would only flicker. */
function lagWords(ms: number): string {
  return ms < 10_000
    ? `${(Math.max(1, Math.ceil(ms / 100)) / 10).toFixed(1)} s`
    : span(Math.round(ms / 1000));
}
