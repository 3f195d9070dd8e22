import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { checkQuery } from "~/api/job-types.ts";
import { ApiProblem } from "~/api/problem.ts";
import type { Preview } from "~/api/schema.ts";
import type { JsonObject } from "~/lib/json.ts";
import { useSettled } from "~/lib/use-settled.ts";
import { type Faults, faultsOf, NO_FAULTS } from "~/ui/order/faults.ts";

export type Checked =
  | { readonly state: "checking" }
  | { readonly state: "good"; readonly preview: Preview }
  | { readonly state: "bad"; readonly faults: Faults; readonly error: ApiProblem }
  /** The server could not say. */
  | { readonly state: "unknown"; readonly error: Error };

/** What the server says of a payload, asked when it has stood still for a moment. */
export function useCheck(type: string, payload: JsonObject): Checked {
  const text = useSettled(JSON.stringify(payload), 400);
  const { data, error, isPlaceholderData } = useQuery({
    ...checkQuery(type, text),
    placeholderData: keepPreviousData,
    retry: false,
  });
  if (error instanceof ApiProblem && error.status === 422) {
    return { state: "bad", faults: faultsOf(error), error };
  }
  if (error) return { state: "unknown", error };
  return data && !isPlaceholderData ? { state: "good", preview: data } : { state: "checking" };
}

export function checkedFaults(checked: Checked): Faults {
  return checked.state === "bad" ? checked.faults : NO_FAULTS;
}
