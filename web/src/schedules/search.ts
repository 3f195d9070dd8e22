import { type Raw, tidy } from "~/lib/search.ts";

/** What the address of this page says. */
export type SchedulesSearch = Readonly<Record<never, never>>;

export function readSchedulesSearch(_: Raw): SchedulesSearch {
  return tidy({});
}
