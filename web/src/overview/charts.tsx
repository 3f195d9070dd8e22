import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { Slice } from "~/api/schema.ts";
import { timeseriesQuery } from "~/api/statistics.ts";
import { roughly, span } from "~/lib/format.ts";
import { countTicks, secondTicks } from "~/lib/ticks.ts";
import { failed, whole } from "~/overview/figures.ts";
import { RANGES, type Range } from "~/overview/search.ts";
import { Chart } from "~/ui/chart.tsx";
import { Failure } from "~/ui/faces.tsx";
import type { Series, Stretch } from "~/ui/plot.ts";

const OUTCOMES: readonly Series[] = [
  { key: "failed", label: "Failed", tone: "var(--plot-failed)" },
  { key: "cancelled", label: "Cancelled", tone: "var(--plot-cancelled)", broken: true },
  { key: "succeeded", label: "Succeeded", tone: "var(--plot-success)" },
];
const WAITS: readonly Series[] = [
  { key: "p50", label: "p50", tone: "var(--soft)", broken: true },
  { key: "p95", label: "p95", tone: "var(--ink)" },
];
const STEPS: Readonly<Record<number, string>> = { 1: "minute", 10: "10 min", 60: "hour" };

/** What ended and how long it had waited, over the chosen range. */
export function Charts({ range }: { range: Range }) {
  const { minutes } = RANGES[range];
  const series = useQuery({
    ...timeseriesQuery(minutes),
    // A span of an hour does not need a look every 15 seconds.
    refetchInterval: minutes > 60 ? 60_000 : 15_000,
    placeholderData: (before) => before,
  });
  if (series.isError) return <Failure error={series.error} onRetry={() => series.refetch()} />;
  const { items = [], step_seconds: step = 60 } = series.data ?? {};
  const slices = whole(items);
  const stepMs = step * 1000;
  return (
    <div className="grid grid-cols-1 gap-x-12 gap-y-8 xl:grid-cols-[3fr_2fr]">
      <Chart
        title="Finished"
        unit={`jobs per ${STEPS[step / 60] ?? span(step)}`}
        kind="layers"
        series={OUTCOMES}
        points={slices.map((it) => point(it, outcomes(it)))}
        stepMs={stepMs}
        format={roughly}
        ticks={countTicks}
        window={(stretch) => <ShowJobs stretch={stretch} />}
      />
      <Chart
        title="Wait"
        unit="from due to started"
        kind="lines"
        series={WAITS}
        points={slices.map((it) => point(it, { ...it.wait_seconds }))}
        stepMs={stepMs}
        format={(seconds) => (seconds === 0 ? "0 s" : span(seconds))}
        ticks={secondTicks}
      />
    </div>
  );
}

function point(slice: Slice, values: Readonly<Record<string, number | null>>) {
  return { at: Date.parse(slice.at), values };
}

function outcomes(slice: Slice) {
  return { failed: failed(slice), cancelled: slice.cancelled, succeeded: slice.succeeded };
}

function ShowJobs({ stretch }: { stretch: Stretch }) {
  const [from, to] = [stretch.from, stretch.to].map((it) =>
    new Date(it).toISOString().replace(".000", ""),
  );
  return (
    <Link
      to="/jobs"
      search={{ q: `finished>=${from} finished<${to}` }}
      className="inline-flex h-7 items-center whitespace-nowrap rounded px-2 text-ember hover:bg-hover"
    >
      Show these jobs
    </Link>
  );
}
