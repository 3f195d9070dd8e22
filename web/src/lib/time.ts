/** Moments as people read them, in a zone of their choice; the server alone knows when it is. */

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** The zone to show times in: the viewer's own, or another IANA name. */
export type Zone = string;

export const localZone: Zone = Intl.DateTimeFormat().resolvedOptions().timeZone;

/** `14:02:11`, with the date when it is another day than `now`. */
export function clock(at: string, zone: Zone, now: number): string {
  const moment = new Date(at);
  const sameDay = dayIn(moment, zone) === dayIn(new Date(now), zone);
  return sameDay ? timeIn(moment, zone) : `${dayIn(moment, zone)} ${timeIn(moment, zone)}`;
}

/** `2026-03-29 02:30:00.123 Europe/Paris (UTC+2)`: everything, for a tooltip. */
export function exactly(at: string, zone: Zone): string {
  const moment = new Date(at);
  const offset = part(moment, zone, { timeZoneName: "shortOffset" }, "timeZoneName");
  const millis = String(moment.getUTCMilliseconds()).padStart(3, "0");
  return `${dayIn(moment, zone)} ${timeIn(moment, zone)}.${millis} ${zone} (${offset.replace("GMT", "UTC")})`;
}

/** `12 s ago`, `in 3 min`; only for what lies within a day, else the date. */
export function relative(at: string, zone: Zone, now: number): string {
  const distance = new Date(at).getTime() - now;
  const size = Math.abs(distance);
  if (size >= DAY) return dayIn(new Date(at), zone);
  const words = size < 1000 ? "now" : short(size);
  if (words === "now") return words;
  return distance < 0 ? `${words} ago` : `in ${words}`;
}

function short(millis: number): string {
  if (millis < 60_000) return `${Math.floor(millis / 1000)} s`;
  if (millis < HOUR) return `${Math.floor(millis / 60_000)} min`;
  return `${Math.floor(millis / HOUR)} h`;
}

const formats = new Map<string, Intl.DateTimeFormat>();

function format(zone: Zone, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = `${zone} ${Object.values(options).join()}`;
  const known = formats.get(key);
  if (known) return known;
  const made = new Intl.DateTimeFormat("en-CA", { timeZone: zone, ...options });
  formats.set(key, made);
  return made;
}

function dayIn(moment: Date, zone: Zone): string {
  return format(zone, { year: "numeric", month: "2-digit", day: "2-digit" }).format(moment);
}

function timeIn(moment: Date, zone: Zone): string {
  return format(zone, {
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    hourCycle: "h23",
  }).format(moment);
}

function part(
  moment: Date,
  zone: Zone,
  options: Intl.DateTimeFormatOptions,
  type: Intl.DateTimeFormatPartTypes,
): string {
  return (
    format(zone, options)
      .formatToParts(moment)
      .find((it) => it.type === type)?.value ?? ""
  );
}
