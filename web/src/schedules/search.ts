import { oneOf, type Raw, text } from "~/lib/search.ts";

const SCHEDULE_VIEWS = ["system"] as const;

/** What the address of this page says. */
export interface SchedulesSearch {
  /** How names begin. */
  readonly name?: string;
  readonly type?: string;
  readonly paused?: "yes" | "no";
  /** The one that stands open beside the list. */
  readonly schedule?: string;
  /** The one that is being changed; `new` makes one. */
  readonly edit?: string;
  /** The one that a new one is made after. */
  readonly copy?: string;
  /** The system's own duties in place of the list. */
  readonly view?: (typeof SCHEDULE_VIEWS)[number];
}

export function readSchedulesSearch(search: Raw): SchedulesSearch {
  const name = text(search.name);
  const type = text(search.type);
  const paused = oneOf(search.paused, ["yes", "no"]);
  const schedule = text(search.schedule);
  const edit = text(search.edit);
  const copy = text(search.copy);
  const view = oneOf(search.view, SCHEDULE_VIEWS);
  return {
    ...(name && { name }),
    ...(type && { type }),
    ...(paused && { paused }),
    ...(schedule && { schedule }),
    ...(edit && { edit }),
    ...(copy && { copy }),
    ...(view && { view }),
  };
}
