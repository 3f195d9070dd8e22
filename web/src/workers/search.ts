import { type Raw, text, tidy } from "~/lib/search.ts";

/** What the address of this page says: the unit that stands open beside the list. */
export interface WorkersSearch {
  readonly worker?: string;
}

export function readWorkersSearch(search: Raw): WorkersSearch {
  const worker = text(search.worker);
  return tidy({ ...(worker ? { worker } : {}) });
}
