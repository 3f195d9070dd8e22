/** Where a time axis is marked: at round moments of the zone it is read in. Pure. */
import type { Zone } from "~/lib/time.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const STEPS = [
  MINUTE,
  2 * MINUTE,
  5 * MINUTE,
  10 * MINUTE,
  15 * MINUTE,
  30 * MINUTE,
  HOUR,
  2 * HOUR,
  3 * HOUR,
  4 * HOUR,
  6 * HOUR,
  12 * HOUR,
  DAY,
  2 * DAY,
  7 * DAY,
];

/** Round moments between two, at most `most` of them: `00:00, 04:00, …` as the zone's clocks show. */
export function timeTicks(from: number, to: number, zone: Zone, most: number): number[] {
  const step = STEPS.find((it) => (to - from) / it <= most) ?? 7 * DAY;
  const ticks: number[] = [];
  // Walked on the zone's own clock, so that a day with 23 hours is still marked at its midnights.
  for (let shown = Math.ceil((from + offsetAt(from, zone)) / step) * step; ; shown += step) {
    const at = shown - offsetAt(shown - offsetAt(from, zone), zone);
    if (at > to) return ticks;
    if (at >= from) ticks.push(at);
  }
}

const formats = new Map<string, Intl.DateTimeFormat>();

/** Milliseconds that the zone's clocks are ahead of UTC. */
function offsetAt(at: number, zone: Zone): number {
  let format = formats.get(zone);
  if (!format) {
    format = new Intl.DateTimeFormat("en", { timeZone: zone, timeZoneName: "longOffset" });
    formats.set(zone, format);
  }
  const name = format.formatToParts(at).find((it) => it.type === "timeZoneName")?.value ?? "";
  const [, sign, hours, minutes] = /([+-])(\d{2}):(\d{2})/.exec(name) ?? [];
  const size = Number(hours ?? 0) * HOUR + Number(minutes ?? 0) * MINUTE;
  return sign === "-" ? -size : size;
}

/** `14:05`, or `Mon 23` where a day begins. */
export function tickLabel(at: number, zone: Zone): string {
  const moment = new Date(at);
  const time = new Intl.DateTimeFormat("en-GB", {
    timeZone: zone,
    hour: "2-digit",
    minute: "2-digit",
  }).format(moment);
  if (time !== "00:00") return time;
  return new Intl.DateTimeFormat("en-GB", {
    timeZone: zone,
    weekday: "short",
    day: "numeric",
  }).format(moment);
}

/** `UTC+2`, `UTC`. */
export function zoneLabel(zone: Zone, at: number): string {
  const hours = offsetAt(at, zone) / HOUR;
  if (hours === 0) return "UTC";
  const whole = Math.trunc(Math.abs(hours));
  const rest = Math.round((Math.abs(hours) - whole) * 60);
  return `UTC${hours < 0 ? "−" : "+"}${whole}${rest ? `:${String(rest).padStart(2, "0")}` : ""}`;
}

/** Round counts from 0 to at least `most`, about four of them: 0, 5, 10, 15. */
export function countTicks(most: number): number[] {
  const size = 10 ** Math.floor(Math.log10(Math.max(most, 1) / 3));
  const steps = [1, 2, 5, 10].map((it) => Math.max(1, it * size));
  return ticksBy(steps.find((it) => most / it <= 4) ?? 1, most);
}

const SPANS = [
  ...[0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30],
  ...[60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 14_400, 21_600, 43_200, 86_400],
];

/** Round spans from 0 to at least `most` seconds, about four of them: 0, 30 s, 1 min, 1 min 30 s. */
export function secondTicks(most: number): number[] {
  const step = SPANS.find((it) => most / it <= 4) ?? Math.ceil(most / 4 / 86_400) * 86_400;
  return ticksBy(step, most);
}

function ticksBy(step: number, most: number): number[] {
  const last = Math.max(1, Math.ceil(most / step - 1e-9));
  return Array.from({ length: last + 1 }, (_, n) => n * step);
}
