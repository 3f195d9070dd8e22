import type { Outcome } from "~/api/schema.ts";
import { oneOf, type Raw } from "~/lib/search.ts";

export const OUTCOMES: readonly Outcome[] = ["done", "skipped", "failed"];

/** Which of its jobs are shown; without it all of them. */
export interface OperationSearch {
  readonly outcome?: Outcome;
}

export function readOperationSearch(search: Raw): OperationSearch {
  const outcome = oneOf(search.outcome, OUTCOMES);
  return outcome ? { outcome } : {};
}
