import { ChartArea, Table2 } from "lucide-react";
import { lazy, type ReactNode, Suspense, useContext, useState } from "react";
import { zoneLabel } from "~/lib/ticks.ts";
import { ChartTable } from "~/ui/chart-table.tsx";
import { ZoneContext } from "~/ui/moment.tsx";
import type { Plot, Series, Stretch } from "~/ui/plot.ts";

interface Props extends Plot {
  readonly title: string;
  /** What the numbers are: "jobs a minute". */
  readonly unit: string;
  /** Where what happened in a stretch can be seen, and what the way there is called. */
  readonly window?: (stretch: Stretch) => ReactNode;
  readonly height?: number;
}

// The drawing library is larger than all the rest, and no page waits for it.
const ChartPlot = lazy(() =>
  import("~/ui/chart-plot.tsx").then((it) => ({ default: it.ChartPlot })),
);

/** Values over time, drawn or as a table. */
export function Chart({ title, unit, window, height = 208, ...plot }: Props) {
  const zone = useContext(ZoneContext);
  const [isTable, setTable] = useState(false);
  const [stretch, setStretch] = useState<Stretch>();
  const Other = isTable ? ChartArea : Table2;
  const other = isTable ? "Show as a chart" : "Show as a table";
  const at = plot.points.at(-1)?.at ?? Date.now();
  return (
    <section aria-label={title} className="flex min-w-0 flex-col gap-2">
      <header className="flex min-h-8 flex-wrap items-center gap-x-4">
        <h2 className="font-medium text-lg">{title}</h2>
        <span className="text-faint text-sm">
          {unit}, {zoneLabel(zone, at)}
        </span>
        <ul className="flex flex-wrap gap-x-4 text-sm text-soft max-sm:order-last max-sm:basis-full sm:ml-auto">
          {plot.series.toReversed().map((it) => (
            <li key={it.key} className="flex items-center gap-1.5">
              <Sample series={it} kind={plot.kind} />
              {it.label}
            </li>
          ))}
        </ul>
        <button
          type="button"
          aria-label={other}
          title={other}
          onClick={() => setTable(!isTable)}
          className="grid size-8 cursor-pointer place-items-center rounded-md text-faint hover:bg-hover hover:text-ink max-sm:ml-auto"
        >
          <Other aria-hidden className="size-4" strokeWidth={1.75} />
        </button>
      </header>
      {/* The drawing library lets a press focus its parts, which nobody reaches by keyboard. */}
      <div className="relative min-w-0 [&_svg_*]:outline-none" style={{ height }}>
        {isTable ? (
          <ChartTable title={title} window={window} {...plot} />
        ) : (
          <Suspense fallback={<Blank />}>
            <ChartPlot
              label={`${title}, ${unit}`}
              stretch={stretch}
              onStretch={window && setStretch}
              {...plot}
            />
          </Suspense>
        )}
        {!isTable && stretch && window && (
          <div className="absolute top-1 right-2 rounded-md border border-hairline bg-raised px-1 shadow-float">
            {window(stretch)}
          </div>
        )}
      </div>
    </section>
  );
}

/** Axes without values: nothing jumps when the drawing comes. */
export function Blank() {
  return (
    <div aria-hidden className="flex h-full flex-col justify-between pb-6 pl-11">
      {[1, 2, 3, 4].map((line) => (
        <div key={line} className="border-hairline border-t" />
      ))}
    </div>
  );
}

function Sample({ series, kind }: { series: Series; kind: Plot["kind"] }) {
  return (
    <svg aria-hidden="true" width="14" height="10">
      {kind === "lines" ? (
        <line
          x2="14"
          y1="5"
          y2="5"
          stroke={series.tone}
          strokeWidth="2"
          strokeDasharray={series.broken ? "3 2.5" : undefined}
        />
      ) : series.broken ? (
        <path d="M1 9 8 1M5 9l7-8M9.500 9 13 5" stroke={series.tone} strokeWidth="1.500" />
      ) : (
        <rect width="14" height="10" rx="2" fill={series.tone} />
      )}
    </svg>
  );
}
