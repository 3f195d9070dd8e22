import { useContext, useId, useState } from "react";
import {
  Area,
  CartesianGrid,
  ComposedChart,
  Line,
  ReferenceArea,
  ResponsiveContainer,
  Tooltip,
  XAxis,
  YAxis,
} from "recharts";
import { tickLabel, timeTicks } from "~/lib/ticks.ts";
import { ChartTooltip } from "~/ui/chart-tooltip.tsx";
import { ZoneContext } from "~/ui/moment.tsx";
import type { Plot, Point, Series, Stretch } from "~/ui/plot.ts";

interface Props extends Plot {
  readonly label: string;
  readonly stretch: Stretch | undefined;
  /** A stretch was drawn with the pointer, or taken away. */
  readonly onStretch: ((stretch: Stretch | undefined) => void) | undefined;
}

const AXIS = { fill: "var(--faint)", fontSize: 11, fontFamily: "var(--font-mono)" } as const;
const TICKS = 6;

/** The drawing. Nothing moves by itself, and a gap stays a gap. */
export function ChartPlot({
  label,
  kind,
  series,
  points,
  stepMs,
  format,
  ticks,
  stretch,
  onStretch,
}: Props) {
  const zone = useContext(ZoneContext);
  const hatch = useId();
  const [start, setStart] = useState<number>();
  const first = points[0]?.at ?? 0;
  const last = points.at(-1)?.at ?? 0;
  const marks = ticks(largest(points, series, kind));

  function drag(to: number | undefined): void {
    if (start === undefined || to === undefined || !onStretch) return;
    if (to === start) return;
    onStretch({ from: Math.min(start, to), to: Math.max(start, to) + stepMs });
  }

  return (
    <ResponsiveContainer width="100%" height="100%">
      <ComposedChart
        data={points.map((it) => ({ at: it.at, ...it.values }))}
        margin={{ top: 6, right: 8, bottom: 0, left: 0 }}
        role="img"
        aria-label={label}
        accessibilityLayer={false}
        style={onStretch ? { cursor: "crosshair" } : {}}
        {...(onStretch && {
          onMouseDown: ({ activeLabel }) => {
            onStretch(undefined);
            setStart(asMoment(activeLabel));
          },
          onMouseMove: ({ activeLabel }) => drag(asMoment(activeLabel)),
          onMouseUp: () => setStart(undefined),
          onMouseLeave: () => setStart(undefined),
        })}
      >
        <defs>
          {series
            .filter(({ broken }) => broken)
            .map(({ key, tone }) => (
              <pattern
                key={key}
                id={`${hatch}${key}`}
                width="5"
                height="5"
                patternUnits="userSpaceOnUse"
                patternTransform="rotate(45)"
              >
                <rect width="2" height="5" fill={tone} />
              </pattern>
            ))}
        </defs>
        <CartesianGrid vertical={false} stroke="var(--hairline)" />
        <XAxis
          dataKey="at"
          type="number"
          scale="time"
          domain={[first, Math.max(last, first + stepMs)]}
          ticks={timeTicks(first, last, zone, TICKS)}
          tickFormatter={(at: number) => tickLabel(at, zone)}
          tick={AXIS}
          tickLine={false}
          axisLine={{ stroke: "var(--edge)" }}
          tickMargin={6}
          height={24}
          minTickGap={16}
        />
        <YAxis
          tickFormatter={format}
          tick={AXIS}
          tickLine={false}
          axisLine={false}
          ticks={marks}
          interval={0}
          width={52}
          tickMargin={6}
          domain={[0, marks.at(-1) ?? 1]}
        />
        <Tooltip
          isAnimationActive={false}
          cursor={{ stroke: "var(--edge)" }}
          content={<ChartTooltip series={series} stepMs={stepMs} format={format} />}
        />
        {stretch && (
          <ReferenceArea
            x1={stretch.from}
            x2={Math.min(stretch.to, last)}
            fill="var(--ember)"
            fillOpacity={0.14}
            stroke="var(--ember)"
            strokeOpacity={0.5}
          />
        )}
        {series.map((it, index) =>
          kind === "layers"
            ? layer(it, it.broken ? `url(#${hatch}${it.key})` : it.tone, index === 0, points)
            : line(it, points),
        )}
      </ComposedChart>
    </ResponsiveContainer>
  );
}

function layer({ key, tone, broken }: Series, fill: string, isFirst: boolean, points: Points) {
  return (
    <Area
      key={key}
      dataKey={key}
      stackId="all"
      type="linear"
      stroke={tone}
      strokeWidth={1.25}
      fill={fill}
      // What matters lies at the bottom; the bulk above it is only its measure.
      fillOpacity={broken ? 1 : isFirst ? 0.9 : 0.22}
      isAnimationActive={false}
      activeDot={false}
      dot={points.length === 1}
    />
  );
}

function line({ key, tone, broken }: Series, points: Points) {
  return (
    <Line
      key={key}
      dataKey={key}
      type="linear"
      stroke={tone}
      strokeWidth={1.75}
      {...(broken ? { strokeDasharray: "4 3" } : {})}
      isAnimationActive={false}
      connectNulls={false}
      activeDot={{ r: 3, strokeWidth: 0, fill: tone }}
      dot={({ cx, cy, index }: Dot) =>
        isAlone(points, index, key) ? (
          <circle key={index} cx={cx} cy={cy} r="2" fill={tone} />
        ) : (
          <g key={index} />
        )
      }
    />
  );
}

type Points = readonly Point[];

function largest(points: readonly Point[], series: Plot["series"], kind: Plot["kind"]): number {
  const most = points.map(({ values }) => {
    const known = series.map(({ key }) => values[key] ?? 0);
    return kind === "layers" ? known.reduce((sum, it) => sum + it, 0) : Math.max(...known);
  });
  return Math.max(0, ...most);
}

interface Dot {
  readonly cx?: number;
  readonly cy?: number;
  readonly index: number;
}

/** A value between two gaps is no line, and would not be seen without a dot. */
function isAlone(points: readonly Point[], index: number, key: string): boolean {
  const has = (it: Point | undefined) => typeof it?.values[key] === "number";
  return has(points[index]) && !has(points[index - 1]) && !has(points[index + 1]);
}

function asMoment(label: string | number | undefined): number | undefined {
  return label === undefined ? undefined : Number(label);
}
