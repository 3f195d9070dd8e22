import { type Raw, tidy } from "~/lib/search.ts";

/** What the address of this page says. */
export type WorkersSearch = Readonly<Record<never, never>>;

export function readWorkersSearch(_: Raw): WorkersSearch {
  return tidy({});
}
