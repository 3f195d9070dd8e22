import type { FailureState } from "~/api/schema.ts";
import { oneOf, type Raw, text, tidy } from "~/lib/search.ts";

/** What a person looks for, and the states that are meant. */
export const VIEWS = {
  open: ["new", "known", "regressed"],
  new: ["new"],
  regressed: ["regressed"],
  resolved: ["resolved"],
  all: [],
} satisfies Record<string, readonly FailureState[]>;
export type View = keyof typeof VIEWS;

/** What the address of this page says: open groups, last seen first, unless it says otherwise. */
export interface FailuresSearch {
  readonly q?: string;
  readonly type?: string;
  readonly show?: Exclude<View, "open">;
  readonly sort?: "total";
  /** The group that stands open beside the list. */
  readonly group?: string;
}

export function readFailuresSearch(search: Raw): FailuresSearch {
  const q = text(search.q)?.slice(0, 200);
  const type = text(search.type);
  const show = oneOf(search.show, ["new", "regressed", "resolved", "all"] as const);
  const sort = oneOf(search.sort, ["total"] as const);
  const group = text(search.group);
  return tidy({
    ...(q ? { q } : {}),
    ...(type ? { type } : {}),
    ...(show ? { show } : {}),
    ...(sort ? { sort } : {}),
    ...(group ? { group } : {}),
  });
}

/** The list alone. */
export function closed({ group: _, ...search }: FailuresSearch): FailuresSearch {
  return search;
}
