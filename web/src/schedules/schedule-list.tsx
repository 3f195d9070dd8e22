import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { jobTypesQuery } from "~/api/job-types.ts";
import { type ScheduleFilters, schedulesQuery } from "~/api/schedules.ts";
import { isJobFrame } from "~/live/apply.ts";
import { useRefresh } from "~/live/use-refresh.ts";
import { Filters } from "~/schedules/filters.tsx";
import { ScheduleDetailPanel } from "~/schedules/schedule-panel.tsx";
import { ScheduleTable } from "~/schedules/schedule-table.tsx";
import type { SchedulesSearch } from "~/schedules/search.ts";
import { useUnless } from "~/session/use-session.ts";
import { Button } from "~/ui/button.tsx";
import { Empty, Failure, Skeleton } from "~/ui/faces.tsx";
import { PageHead } from "~/ui/page.tsx";

const route = getRouteApi("/schedules");
const EVERY_MS = 15_000;

export function ScheduleList() {
  const search = route.useSearch();
  const navigate = useNavigate();
  const go = (next: SchedulesSearch) => void navigate({ to: "/schedules", search: next });
  const options = schedulesQuery(filtersOf(search));
  const query = useInfiniteQuery({ ...options, refetchInterval: EVERY_MS });
  const types = useQuery(jobTypesQuery);
  const unless = useUnless("schedule");
  const rows = query.data?.pages.flatMap((page) => page.items) ?? [];
  const shown = new Set(rows.flatMap((it) => it.last_fire?.job_id ?? []));
  useRefresh(options.queryKey, (frame) => isJobFrame(frame) && shown.has(frame.job_id), 5_000);
  const narrowed = search.name || search.type || search.paused;
  const { schedule, ...list } = search;

  return (
    <div className="flex h-full min-h-0">
      <div className="relative flex min-w-0 flex-1 flex-col gap-5 overflow-auto px-4 pt-5 pb-12 md:px-6">
        <PageHead
          title="Schedules"
          actions={
            <>
              <Link
                to="/schedules"
                search={{ view: "system" }}
                className="px-2 text-soft underline-offset-2 hover:text-ink hover:underline"
              >
                System tasks
              </Link>
              <Button unless={unless} onClick={() => go({ edit: "new" })}>
                New schedule
              </Button>
            </>
          }
        />
        <Filters search={search} types={types.data?.items ?? []} onSearch={go} />
        {query.isPending && <Skeleton rows={8} />}
        {query.isError && rows.length === 0 && (
          <Failure error={query.error} onRetry={() => query.refetch()} />
        )}
        {query.isSuccess && rows.length === 0 && (
          <Empty title={narrowed ? "No schedule matches" : "No schedules yet"}>
            {narrowed ? (
              <Button onClick={() => go({})}>Remove the filters</Button>
            ) : (
              <p>A schedule submits a job again and again: at set times, or at intervals.</p>
            )}
          </Empty>
        )}
        {rows.length > 0 && (
          <ScheduleTable
            schedules={rows}
            current={schedule}
            onOpen={(it) => go({ ...list, schedule: it.id })}
          />
        )}
        {query.hasNextPage && (
          <div>
            <Button
              unless={query.isFetchingNextPage ? "In progress" : undefined}
              onClick={() => void query.fetchNextPage()}
            >
              Show more
            </Button>
          </div>
        )}
      </div>
      {schedule && (
        <ScheduleDetailPanel key={schedule} id={schedule} onClose={() => go(list)} onGo={go} />
      )}
    </div>
  );
}

function filtersOf({ name, type, paused }: SchedulesSearch): ScheduleFilters {
  return {
    ...(name && { name }),
    ...(type && { type }),
    ...(paused && { paused: paused === "yes" }),
  };
}
