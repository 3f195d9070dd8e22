import { useQuery } from "@tanstack/react-query";
import { nextRunsQuery } from "~/api/overview.ts";
import { useRefresh } from "~/live/use-refresh.ts";
import { All } from "~/overview/late-queues.tsx";
import { Failure, Skeleton } from "~/ui/faces.tsx";
import { Moment } from "~/ui/moment.tsx";
import { Section } from "~/ui/page.tsx";

/** What the schedules bring next. */
export function NextRuns() {
  const runs = useQuery({ ...nextRunsQuery, refetchInterval: 60_000 });
  // A schedule that has fired has another next moment.
  useRefresh(
    nextRunsQuery.queryKey,
    (frame) => "job" in frame && frame.version === 1 && frame.job.tags.includes("scheduled"),
    20_000,
  );
  return (
    <Section title="Next runs" actions={<All to="/schedules" />}>
      {runs.isPending && <Skeleton rows={5} />}
      {runs.isError && <Failure error={runs.error} onRetry={() => runs.refetch()} />}
      {runs.data?.length === 0 && (
        <p className="border-hairline border-t py-4 text-soft">
          No schedule is active. One repeats a job by the clock.
        </p>
      )}
      <ol>
        {runs.data?.map((it) => (
          <li
            key={it.id}
            className="flex min-h-9 items-center gap-4 border-hairline border-t py-1.5"
          >
            <span className="min-w-0 flex-1 truncate" title={it.words}>
              {it.name}
              <span className="ml-2 text-faint text-sm">{it.words}</span>
            </span>
            <span className="text-soft">
              <Moment at={it.next_fire_at} />
            </span>
          </li>
        ))}
      </ol>
    </Section>
  );
}
