import { type Raw, text, tidy } from "~/lib/search.ts";

/** What the address of this page says: the queue that stands open beside the table. */
export interface QueuesSearch {
  readonly queue?: string;
}

export function readQueuesSearch(search: Raw): QueuesSearch {
  const queue = text(search.queue);
  return tidy({ ...(queue ? { queue } : {}) });
}
