import { useQueryClient } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import type { JobFilters } from "~/api/jobs.ts";
import { JobTable } from "~/jobs/job-table.tsx";
import { StateStrip } from "~/jobs/state-strip.tsx";
import { useJobList } from "~/jobs/use-job-list.ts";
import { count } from "~/lib/format.ts";
import { Button } from "~/ui/button.tsx";
import { Empty, Failure, Skeleton } from "~/ui/faces.tsx";

const route = getRouteApi("/jobs");

export function JobsPage() {
  const filters = route.useSearch();
  const navigate = route.useNavigate();
  const onFilters = (search: JobFilters) => void navigate({ search });
  const { list, query } = useJobList(filters);
  const client = useQueryClient();
  const fresh = list.fresh.size;

  return (
    <div className="flex h-full min-h-0 flex-col">
      <header className="flex items-center justify-between gap-4 px-6 pt-5 pb-3">
        <h1 className="font-semibold text-xl tracking-tight">Jobs</h1>
        {fresh > 0 && (
          <Button
            kind="primary"
            onClick={() => client.resetQueries({ queryKey: ["jobs", "list"] })}
          >
            Show {count(fresh)} new
          </Button>
        )}
      </header>
      <StateStrip filters={filters} onFilters={onFilters} />
      {query.isPending && <Skeleton rows={14} />}
      {query.isError && <Failure error={query.error} onRetry={() => query.refetch()} />}
      {query.isSuccess && list.items.length === 0 && (
        <Empty title="No job matches">
          <p>Take a filter away, or submit a job.</p>
        </Empty>
      )}
      {list.items.length > 0 && (
        <JobTable
          items={list.items}
          gone={list.gone}
          onEnd={() => query.hasNextPage && !query.isFetching && query.fetchNextPage()}
        />
      )}
    </div>
  );
}
