import type { DeliveryStatus } from "~/api/schema.ts";
import { oneOf, type Raw, text, tidy } from "~/lib/search.ts";

const TABS = ["deliveries", "receivers", "secret"] as const;
type WebhooksTab = (typeof TABS)[number];
export const DELIVERY_STATUSES = [
  "pending",
  "delivered",
  "failed",
  "disabled",
] as const satisfies readonly DeliveryStatus[];

/** What the address of this page says. */
export interface WebhooksSearch {
  /** Left out: the deliveries. */
  readonly tab?: WebhooksTab | undefined;
  readonly status?: DeliveryStatus | undefined;
  /** Id of a receiver. */
  readonly endpoint?: string | undefined;
  /** Id of a job. */
  readonly job?: string | undefined;
}

export function readWebhooksSearch(raw: Raw): WebhooksSearch {
  const tab = oneOf(raw.tab, TABS);
  return tidy({
    tab: tab === "deliveries" ? undefined : tab,
    status: oneOf(raw.status, DELIVERY_STATUSES),
    endpoint: text(raw.endpoint),
    job: text(raw.job),
  });
}
