import { oneOf, type Raw, tidy } from "~/lib/search.ts";

/** How far back the charts reach: minutes, and minutes of one span, which the server decides. */
export const RANGES = {
  "15m": { minutes: 15, label: "15 min" },
  "1h": { minutes: 60, label: "1 h" },
  "24h": { minutes: 1_440, label: "24 h" },
  "7d": { minutes: 10_080, label: "7 d" },
} as const;

export type Range = keyof typeof RANGES;

export const USUAL_RANGE: Range = "1h";

/** What the address of this page says. */
export interface OverviewSearch {
  readonly range?: Range;
}

export function readOverviewSearch(search: Raw): OverviewSearch {
  const range = oneOf(search.range, Object.keys(RANGES) as Range[]);
  return tidy(range && range !== USUAL_RANGE ? { range } : {});
}
