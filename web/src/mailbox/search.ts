import { type Raw, tidy } from "~/lib/search.ts";

/** What the address of this page says. */
export type MailboxSearch = Readonly<Record<never, never>>;

export function readMailboxSearch(_: Raw): MailboxSearch {
  return tidy({});
}
