import { oneOf, type Raw, text, tidy } from "~/lib/search.ts";

export const VIEWS = ["text", "html", "headers", "source"] as const;
export type MailView = (typeof VIEWS)[number];

/** What the address of this page says. */
export interface MailboxSearch {
  /** Id of the message that stands open. */
  readonly mail?: string | undefined;
  /** How it is shown; left out: as it reads best. */
  readonly view?: MailView | undefined;
  /** Part of a subject. */
  readonly q?: string | undefined;
  /** A whole address. */
  readonly recipient?: string | undefined;
}

export function readMailboxSearch(raw: Raw): MailboxSearch {
  return tidy({
    mail: text(raw.mail),
    view: oneOf(raw.view, VIEWS),
    q: text(raw.q),
    recipient: text(raw.recipient),
  });
}
