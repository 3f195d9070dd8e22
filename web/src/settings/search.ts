import { type Raw, tidy } from "~/lib/search.ts";

/** What the address of this page says. */
export type SettingsSearch = Readonly<Record<never, never>>;

export function readSettingsSearch(_: Raw): SettingsSearch {
  return tidy({});
}
