import { oneOf, type Raw, text } from "~/lib/search.ts";

/** What the address of this page says. */
export interface SubmitSearch {
  readonly type?: string;
  /** The place of one of the type's examples, from 0; behind the last, an empty form. */
  readonly example?: number;
  /** The id of the job that this one is made after. */
  readonly clone?: string;
  /** The payload as JSON; as a form when absent. */
  readonly as?: "json";
}

export function readSubmitSearch(search: Raw): SubmitSearch {
  const type = text(search.type);
  const example = placeIn(search.example);
  const clone = text(search.clone);
  const as = oneOf(search.as, ["json"]);
  return {
    ...(type && { type }),
    ...(example !== undefined && { example }),
    ...(clone && { clone }),
    ...(as && { as }),
  };
}

function placeIn(value: unknown): number | undefined {
  const place = Number(text(value));
  return Number.isSafeInteger(place) && place >= 0 ? place : undefined;
}
