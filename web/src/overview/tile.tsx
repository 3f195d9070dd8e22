import type { ReactNode } from "react";
import { percent } from "~/lib/format.ts";
import { Sparkline } from "~/ui/sparkline.tsx";

interface Props {
  readonly name: string;
  /** The number alone, and what it counts. */
  readonly value: ReactNode;
  readonly unit?: string;
  readonly note?: ReactNode;
  readonly spark: readonly (number | null)[];
  /** What the line shows, for those who do not see it. */
  readonly sparkLabel: string;
  readonly tone?: string;
}

/** One number, its last hour, and how that compares. */
export function Tile({ name, value, unit, note, spark, sparkLabel, tone = "text-soft" }: Props) {
  return (
    <div className="flex min-w-0 flex-col gap-1 py-4 max-xl:not-nth-last-[-n+2]:border-hairline max-xl:not-nth-last-[-n+2]:border-b xl:px-6 xl:first:pl-0 xl:last:pr-0">
      <dt className="text-soft">{name}</dt>
      <dd className="flex flex-wrap items-end justify-between gap-x-4 gap-y-2">
        <p className="flex items-baseline gap-1.5 whitespace-nowrap">
          <span className="font-mono text-2xl tabular-nums tracking-tight">{value}</span>
          {unit && <span className="text-soft">{unit}</span>}
        </p>
        <div className="h-9 max-w-40 grow basis-24 pb-1">
          <Sparkline
            values={spark}
            label={sparkLabel}
            tone={tone}
            width={160}
            height={32}
            stretch
          />
        </div>
      </dd>
      <dd className="min-h-5 truncate text-faint text-sm">{note}</dd>
    </div>
  );
}

/** `12 % more than yesterday`. */
export function Compared({ change }: { change: number | undefined }) {
  if (change === undefined) return "no data from yesterday";
  if (Math.abs(change) < 0.005) return "same as yesterday";
  const size = Math.abs(change) > 9.99 ? `${Math.round(change + 1)} ×` : percent(Math.abs(change));
  return (
    <>
      <span className="figures text-soft">{size}</span> {change > 0 ? "more" : "less"} than
      yesterday
    </>
  );
}
