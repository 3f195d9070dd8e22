import { type Raw, tidy } from "~/lib/search.ts";

/** What the address of this page says. */
export type FailuresSearch = Readonly<Record<never, never>>;

export function readFailuresSearch(_: Raw): FailuresSearch {
  return tidy({});
}
