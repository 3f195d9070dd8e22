import { count, percent } from "~/lib/format.ts";
import { HistogramPicture } from "~/results/histogram.tsx";
import { cellText } from "~/results/reading.ts";
import type { ColumnFacts } from "~/results/table-shape.ts";
import { Shown } from "~/ui/shown.tsx";

const MOST = 60;

/** What is known about each column: its range, and how its values are spread. */
export function ColumnCards({ facts }: { facts: readonly ColumnFacts[] }) {
  return (
    <ul className="grid grid-cols-[repeat(auto-fill,minmax(13rem,1fr))] gap-x-8 gap-y-5">
      {facts.slice(0, MOST).map((column, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: two columns may have one name
        <li key={at} className="flex min-w-0 flex-col gap-1.5">
          <p className="flex items-baseline gap-2">
            <span className="min-w-0 truncate font-medium" title={column.name}>
              <Shown text={column.name} />
            </span>
            <span className="figures truncate text-faint">{column.type.toLowerCase()}</span>
          </p>
          <Spread column={column} />
          <p className="text-soft text-sm">{said(column)}</p>
        </li>
      ))}
    </ul>
  );
}

function Spread({ column }: { column: ColumnFacts }) {
  const { histogram, top, min, max, name } = column;
  if (histogram) {
    return (
      <figure>
        <HistogramPicture name={name} of={histogram} />
        <Ends min={min} max={max} />
      </figure>
    );
  }
  if (top.length > 0) return <Frequent top={top} />;
  return min === undefined ? null : <Ends min={min} max={max} />;
}

function Ends({ min, max }: { min: unknown; max: unknown }) {
  return (
    <div className="figures flex justify-between gap-4 border-hairline border-t pt-0.5 text-soft">
      <span className="truncate">
        <Shown text={cellText(min)} />
      </span>
      <span className="truncate text-right">
        <Shown text={cellText(max)} />
      </span>
    </div>
  );
}

/** The most frequent values, each with a bar. */
function Frequent({ top }: Pick<ColumnFacts, "top">) {
  const most = Math.max(...top.map((it) => it.count), 1);
  return (
    <ol className="flex flex-col gap-px">
      {top.slice(0, 4).map(({ value, count: n }) => (
        <li key={cellText(value)} className="relative flex justify-between gap-3 px-1.5 text-sm">
          <span
            aria-hidden
            className="absolute inset-y-0 left-0 bg-running/15"
            style={{ width: `${(n / most) * 100}%` }}
          />
          <span className="relative truncate">
            <Shown text={cellText(value) || "(empty)"} />
          </span>
          <span className="figures relative text-soft">{count(n)}</span>
        </li>
      ))}
    </ol>
  );
}

function said({ distinct, nullsPct, mean }: ColumnFacts): string {
  return [
    distinct !== undefined && `${count(distinct)} distinct`,
    mean !== undefined && `mean ${short(mean)}`,
    nullsPct > 0 && `${percent(nullsPct / 100)} null`,
  ]
    .filter(Boolean)
    .join(" · ");
}

function short(mean: unknown): string {
  return typeof mean === "number" ? String(Number(mean.toPrecision(6))) : cellText(mean);
}
