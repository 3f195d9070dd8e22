import { type Raw, tidy } from "~/lib/search.ts";

/** What the address of this page says. */
export type WebhooksSearch = Readonly<Record<never, never>>;

export function readWebhooksSearch(_: Raw): WebhooksSearch {
  return tidy({});
}
