import type { ReactNode } from "react";

/** A few numbers side by side, each with its name; one without a value is left out. */
export function Numbers({ of }: { of: readonly (readonly [string, ReactNode])[] }) {
  return (
    <dl className="flex flex-wrap gap-x-8 gap-y-3">
      {of
        .filter(
          ([, value]) => value !== undefined && value !== null && value !== "" && value !== false,
        )
        .map(([name, value]) => (
          <div key={name} className="flex flex-col-reverse">
            <dt className="text-faint text-sm">{name}</dt>
            <dd className="figures text-lg">{value}</dd>
          </div>
        ))}
    </dl>
  );
}
