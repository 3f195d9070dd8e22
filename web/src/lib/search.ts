/** Reading what stands in a URL: what cannot be meant is left out, so no address breaks a page. */

export type Raw = Readonly<Record<string, unknown>>;

/** A text that is not empty; numbers that the router has read as such become text again. */
export function text(value: unknown): string | undefined {
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  return typeof value === "string" && value !== "" ? value : undefined;
}

/** The values of a list that are known; one alone may stand without brackets. */
export function chosen<Name extends string>(value: unknown, known: readonly Name[]): Name[] {
  const given = Array.isArray(value) ? value : [value];
  return known.filter((it) => given.includes(it));
}

export function oneOf<Name extends string>(
  value: unknown,
  known: readonly Name[],
): Name | undefined {
  return known.find((it) => it === value);
}

export function texts(value: unknown): string[] {
  const given = Array.isArray(value) ? value : [value];
  return given.map(text).filter((it) => it !== undefined);
}

/** Without what is undefined or an empty list: an address says only what is not usual. */
export function tidy<T extends object>(search: T): T {
  const said = Object.entries(search).filter(
    ([, value]) => value !== undefined && !(Array.isArray(value) && value.length === 0),
  );
  return Object.fromEntries(said) as T;
}

/**
 * A reader for a route. The router lays what is read over the address as it stands, so a value that
 * the reader left out would come back as it was given: here `undefined` covers it.
 */
export function strictly<T extends object>(read: (search: Raw) => T): (search: Raw) => T {
  return (search) => ({
    ...Object.fromEntries(Object.keys(search).map((key) => [key, undefined])),
    ...read(search),
  });
}
