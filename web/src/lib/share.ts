import { isRawNumber } from "~/lib/exact-json.ts";

/**
 * A newer value that keeps the parts of the older one that are equal, so that what shows them need
 * not be drawn again. In place of TanStack Query's own, which takes an exact number for an object to
 * be copied, and loses a key named `__proto__`. Pure.
 *
 * @returns `older` itself when all is equal.
 */
export function share<T>(older: unknown, newer: T): T {
  if (older === newer) return newer;
  if (isRawNumber(older) && isRawNumber(newer)) {
    return older.rawJSON === newer.rawJSON ? (older as T) : newer;
  }
  if (Array.isArray(older) && Array.isArray(newer)) return shareList(older, newer) as T;
  return isPlain(older) && isPlain(newer) ? (shareObject(older, newer) as T) : newer;
}

function shareList(older: readonly unknown[], newer: readonly unknown[]): readonly unknown[] {
  const items = newer.map((it, at) => share(older[at], it));
  return older.length === items.length && items.every((it, at) => it === older[at]) ? older : items;
}

function shareObject(older: Plain, newer: Plain): Plain {
  const entries = Object.entries(newer).map(
    ([key, it]) => [key, share(own(older, key), it)] as const,
  );
  const equal =
    entries.length === Object.keys(older).length &&
    entries.every(([key, it]) => Object.hasOwn(older, key) && it === older[key]);
  return equal ? older : Object.fromEntries(entries);
}

type Plain = Readonly<Record<string, unknown>>;

function own(value: Plain, key: string): unknown {
  return Object.hasOwn(value, key) ? value[key] : undefined;
}

function isPlain(value: unknown): value is Plain {
  return (
    typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype
  );
}
