/** What the server said of a form, by the field that it said it of. Pure. */
import { ApiProblem } from "~/api/problem.ts";

export type Faults = ReadonlyMap<string, readonly string[]>;

export const NO_FAULTS: Faults = new Map();

/** By JSON pointer; what belongs to no field stands under the empty one. */
export function faultsOf(error: Error | null | undefined): Faults {
  if (!(error instanceof ApiProblem)) return NO_FAULTS;
  const faults = new Map<string, string[]>();
  for (const { pointer, message } of error.problem.errors ?? []) {
    const at = pointer ?? "";
    faults.set(at, [...(faults.get(at) ?? []), message]);
  }
  return faults;
}

/** Faults of a part, by pointers that begin where the part does. */
export function faultsBelow(faults: Faults, pointer: string): Faults {
  return new Map(
    [...faults]
      .filter(([it]) => it.startsWith(`${pointer}/`))
      .map(([it, said]) => [it.slice(pointer.length), said]),
  );
}

export function bothFaults(one: Faults, other: Faults): Faults {
  return new Map([...one, ...other]);
}
