import { type Raw, tidy } from "~/lib/search.ts";

/** What the address of this page says. */
export type OverviewSearch = Readonly<Record<never, never>>;

export function readOverviewSearch(_: Raw): OverviewSearch {
  return tidy({});
}
