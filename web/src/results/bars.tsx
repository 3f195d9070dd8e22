import { count } from "~/lib/format.ts";
import { cellText } from "~/results/reading.ts";
import type { Line } from "~/results/table-shape.ts";
import { Shown } from "~/ui/shown.tsx";
import { Sparkline } from "~/ui/sparkline.tsx";

const MOST_BARS = 12;
const MOST_SERIES = 6;

/** Series of a result: labels become bars, the largest first; times and numbers become a line. */
export function SeriesPictures({ series }: { series: readonly Line[] }) {
  return (
    <div className="grid grid-cols-[repeat(auto-fill,minmax(18rem,1fr))] gap-x-10 gap-y-6">
      {series.slice(0, MOST_SERIES).map((line) => (
        <figure key={line.name} className="flex min-w-0 flex-col gap-2">
          <figcaption className="flex items-baseline gap-2">
            <span className="truncate font-medium">
              <Shown text={line.name} />
            </span>
            <span className="figures text-faint">{count(line.points.length)} points</span>
          </figcaption>
          {isLabelled(line) ? <Bars line={line} /> : <Course line={line} />}
        </figure>
      ))}
    </div>
  );
}

function Bars({ line: { points } }: { line: Line }) {
  const ranked = points.toSorted((a, b) => (b[1] ?? 0) - (a[1] ?? 0)).slice(0, MOST_BARS);
  const most = Math.max(...ranked.map(([, y]) => Math.abs(y ?? 0)), Number.EPSILON);
  return (
    <ol className="flex flex-col gap-px">
      {ranked.map(([x, y], at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: two points may have one label
        <li key={at} className="relative flex justify-between gap-3 px-1.5 py-0.5">
          <span
            aria-hidden
            className="absolute inset-y-0 left-0 bg-running/15"
            style={{ width: `${(Math.abs(y ?? 0) / most) * 100}%` }}
          />
          <span className="relative truncate">
            <Shown text={cellText(x) || "(empty)"} />
          </span>
          <span className="figures relative text-soft">{y === null ? "null" : rounded(y)}</span>
        </li>
      ))}
      {points.length > MOST_BARS && (
        <li className="px-1.5 text-faint text-sm">
          and {count(points.length - MOST_BARS)} more, in the rows below
        </li>
      )}
    </ol>
  );
}

function Course({ line: { name, points } }: { line: Line }) {
  const values = points.map(([, y]) => y);
  const known = values.filter((y) => y !== null);
  const [least, most] = [Math.min(...known), Math.max(...known)];
  return (
    <div className="flex flex-col gap-1 [&_svg]:w-full">
      <Sparkline
        values={values}
        label={`${name}: from ${rounded(least)} to ${rounded(most)} over ${count(points.length)} points`}
        tone="text-running"
        width={360}
        height={72}
      />
      <div className="figures flex justify-between gap-4 border-hairline border-t pt-0.5 text-soft">
        <span className="truncate">{cellText(points[0]?.[0])}</span>
        <span className="truncate">{cellText(points.at(-1)?.[0])}</span>
      </div>
    </div>
  );
}

/** Whether the points stand for things, and not for moments or numbers in order. */
function isLabelled({ points }: Line): boolean {
  return points.some(([x]) => typeof x === "string" && Number.isNaN(Date.parse(x)));
}

function rounded(n: number): string {
  return Number.isFinite(n) ? n.toLocaleString("en", { maximumFractionDigits: 2 }) : "";
}
