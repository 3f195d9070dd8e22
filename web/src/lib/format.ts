/** Numbers, sizes and spans as people read them. Pure. */

const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const compact = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });

/** `12,431`. */
export function count(n: number): string {
  return whole.format(n);
}

/** `12.4k`, for where an exact number would not fit; exact below 10,000. */
export function roughly(n: number): string {
  return n < 10_000 ? whole.format(n) : compact.format(n).toLowerCase();
}

/** So many a minute, or another unit of time: `0.4`, `41`, `1,204`. */
export function rate(n: number): string {
  return n === 0 || n >= 10 ? whole.format(n) : n.toFixed(1);
}

/** A share from 0 to 1 as `4.1 %`; small but not nothing is `< 0.1 %`. */
export function percent(share: number): string {
  const value = share * 100;
  if (value > 0 && value < 0.1) return "< 0.1 %";
  return `${value.toFixed(value < 10 && value % 1 !== 0 ? 1 : 0)} %`;
}

const BYTES = ["B", "kB", "MB", "GB", "TB"] as const;

/** Bytes in powers of 1,000: `1.4 MB`. */
export function bytes(n: number): string {
  const step = Math.min(Math.floor(Math.log10(Math.max(n, 1)) / 3), BYTES.length - 1);
  const value = n / 1000 ** step;
  return `${value.toFixed(step > 0 && value < 10 ? 1 : 0)} ${BYTES[step]}`;
}

const UNITS = [
  ["d", 86_400],
  ["h", 3_600],
  ["min", 60],
  ["s", 1],
] as const;

/** Seconds in at most two units: `820 ms`, `4.2 s`, `1 min 4 s`, `2 d 3 h`. */
export function span(seconds: number): string {
  if (seconds < 1) return `${Math.round(seconds * 1000)} ms`;
  if (seconds < 10) return `${Number(seconds.toFixed(1))} s`;
  const total = Math.round(seconds);
  const first = UNITS.findIndex(([, size]) => total >= size);
  return UNITS.slice(first, first + 2)
    .map(([name, size], index) => {
      const rest = index === 0 ? total : total % (UNITS[first]?.[1] ?? 1);
      return [Math.floor(rest / size), name] as const;
    })
    .filter(([n], index) => n > 0 || index === 0)
    .map(([n, name]) => `${n} ${name}`)
    .join(" ");
}
