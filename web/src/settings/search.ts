import { oneOf, type Raw, text, tidy } from "~/lib/search.ts";

export const SPANS = ["1h", "24h", "7d", "30d"] as const;
export type Span = (typeof SPANS)[number];

/** What the address of the audit trail says. */
export interface AuditSearch {
  readonly action?: string | undefined;
  readonly target?: string | undefined;
  readonly actor?: string | undefined;
  readonly key?: string | undefined;
  readonly ip?: string | undefined;
  readonly within?: Span | undefined;
}

export function readAuditSearch(raw: Raw): AuditSearch {
  return tidy({
    action: text(raw.action),
    target: text(raw.target),
    actor: text(raw.actor),
    key: text(raw.key),
    ip: text(raw.ip),
    within: oneOf(raw.within, SPANS),
  });
}

/** What the addresses of accounts and of the system say: what is looked for. */
export interface FindSearch {
  readonly find?: string | undefined;
}

export function readFindSearch(raw: Raw): FindSearch {
  return tidy({ find: text(raw.find) });
}

const HOURS: Record<Span, number> = { "1h": 1, "24h": 24, "7d": 7 * 24, "30d": 30 * 24 };

/** The moment that a span back from now begins at. */
export function sinceOf(span: Span, now: number): string {
  return new Date(now - HOURS[span] * 3_600_000).toISOString();
}
