import { type Raw, tidy } from "~/lib/search.ts";

/** What the address of this page says. */
export type SubmitSearch = Readonly<Record<never, never>>;

export function readSubmitSearch(_: Raw): SubmitSearch {
  return tidy({});
}
