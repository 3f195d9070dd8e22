import { type Raw, tidy } from "~/lib/search.ts";

/** What the address of this page says. */
export type QueuesSearch = Readonly<Record<never, never>>;

export function readQueuesSearch(_: Raw): QueuesSearch {
  return tidy({});
}
