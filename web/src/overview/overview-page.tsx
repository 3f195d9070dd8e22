import { getRouteApi } from "@tanstack/react-router";
import { usePulse } from "~/live/pulse.ts";
import { Charts } from "~/overview/charts.tsx";
import { FirstRun } from "~/overview/first-run.tsx";
import { LateQueues } from "~/overview/late-queues.tsx";
import { NewestFailures } from "~/overview/newest-failures.tsx";
import { NextRuns } from "~/overview/next-runs.tsx";
import { RANGES, type Range, USUAL_RANGE } from "~/overview/search.ts";
import { Standing } from "~/overview/standing.tsx";
import { Tiles } from "~/overview/tiles.tsx";
import { Page } from "~/ui/page.tsx";
import { Segments } from "~/ui/segments.tsx";

const route = getRouteApi("/");
const CHOICES = (Object.keys(RANGES) as Range[]).map((it) => ({
  value: it,
  label: RANGES[it].label,
}));

/** Is something wrong, where, how much, and which way it goes: in this order. */
export function OverviewPage() {
  const { range = USUAL_RANGE } = route.useSearch();
  const navigate = route.useNavigate();
  const { summary } = usePulse();
  if (summary?.total === 0) {
    return (
      <Page title="Welcome to TaskForge" note="Three steps to the first job.">
        <FirstRun />
      </Page>
    );
  }
  return (
    <Page title="Overview">
      <Standing />
      <Tiles />
      <div className="flex flex-col gap-3">
        <Segments
          label="Range of the charts"
          options={CHOICES}
          value={range}
          onValue={(next) =>
            void navigate({ search: next === USUAL_RANGE ? {} : { range: next }, replace: true })
          }
        />
        <Charts range={range} />
      </div>
      <div className="grid grid-cols-1 gap-x-12 gap-y-8 xl:grid-cols-[3fr_2fr]">
        <div className="flex min-w-0 flex-col gap-8">
          <LateQueues />
          <NextRuns />
        </div>
        <NewestFailures />
      </div>
    </Page>
  );
}
