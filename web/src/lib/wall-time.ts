/** What a clock on a wall shows, in a zone, and which moment that is. Pure. */
import type { Zone } from "~/lib/time.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

export interface Meant {
  /** RFC 3339, UTC. */
  readonly at: string;
  /** The wall time is skipped on that day (`at` is as much later), or comes twice (`at` is the first). */
  readonly odd?: "skipped" | "twice";
}

/** The moment that `2026-03-29T02:30` names in a zone; undefined for what is no such text. */
export function momentOf(wall: string, zone: Zone): Meant | undefined {
  const shown = Date.parse(`${wall}Z`);
  if (Number.isNaN(shown)) return undefined;
  // Clocks are changed once a day at most: one of these two offsets holds at that moment.
  const before = shown - offset(shown - DAY, zone);
  const after = shown - offset(shown + DAY, zone);
  const fitting = [...new Set([before, after])].filter((at) => at + offset(at, zone) === shown);
  const [first = before] = fitting.toSorted((one, other) => one - other);
  const at = new Date(first).toISOString();
  if (fitting.length === 0) return { at, odd: "skipped" };
  return fitting.length > 1 ? { at, odd: "twice" } : { at };
}

/** `2026-03-29T02:30`, with seconds where there are some. */
export function wallOf(at: string, zone: Zone): string {
  const moment = Date.parse(at);
  if (Number.isNaN(moment)) return "";
  const text = new Date(moment + offset(moment, zone)).toISOString();
  return text.slice(0, text.slice(17, 19) === "00" ? 16 : 19);
}

export function isZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

let zones: readonly Zone[] | undefined;

/** Every zone that this browser knows, UTC first. */
export function allZones(): readonly Zone[] {
  zones ??= ["UTC", ...Intl.supportedValuesOf("timeZone").filter((it) => it !== "UTC")];
  return zones;
}

/** By how many milliseconds a zone's clocks are ahead of UTC at a moment. */
function offset(at: number, zone: Zone): number {
  const parts = formatOf(zone).formatToParts(at);
  const value = (type: Intl.DateTimeFormatPartTypes) =>
    Number(parts.find((it) => it.type === type)?.value);
  const shown = Date.UTC(
    value("year"),
    value("month") - 1,
    value("day"),
    value("hour"),
    value("minute"),
    value("second"),
  );
  return shown - Math.floor(at / 1000) * 1000;
}

const formats = new Map<Zone, Intl.DateTimeFormat>();

function formatOf(zone: Zone): Intl.DateTimeFormat {
  const known = formats.get(zone);
  if (known) return known;
  const made = new Intl.DateTimeFormat("en", {
    timeZone: zone,
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
    hourCycle: "h23",
  });
  formats.set(zone, made);
  return made;
}
