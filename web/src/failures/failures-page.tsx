import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { FAILURES, failuresQuery } from "~/api/failures.ts";
import { summaryQuery } from "~/api/jobs.ts";
import type { ToldFrame } from "~/api/schema.ts";
import { GroupFilters } from "~/failures/group-filters.tsx";
import { GroupPanel } from "~/failures/group-panel.tsx";
import { GroupTable } from "~/failures/group-table.tsx";
import { closed, type FailuresSearch, VIEWS } from "~/failures/search.ts";
import { count } from "~/lib/format.ts";
import { useRefresh } from "~/live/use-refresh.ts";
import { Button } from "~/ui/button.tsx";
import { Empty, Failure, Notice, Skeleton } from "~/ui/faces.tsx";
import { PageHead } from "~/ui/page.tsx";

const route = getRouteApi("/failures");
/** What changes a group's numbers. The server adds them up once a second. */
const TELLING: ReadonlySet<string> = new Set([
  "job_failed",
  "job_retrying",
  "job_queued",
  "job_deleted",
]);
const EVERY_MS = 5_000;

function tells({ event }: ToldFrame): boolean {
  return TELLING.has(event);
}

export function FailuresPage() {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const { group, show = "open", ...filters } = search;
  const list = useInfiniteQuery({
    ...failuresQuery({ ...filters, state: VIEWS[show] }),
    placeholderData: (before) => before,
  });
  useRefresh(FAILURES, tells, EVERY_MS);
  const groups = list.data?.pages.flatMap((page) => page.items) ?? [];
  const onSearch = (next: FailuresSearch) => void navigate({ search: next });

  return (
    <div className="flex h-full min-h-0">
      <div className="min-w-0 flex-1 overflow-auto">
        <div className="mx-auto flex max-w-400 flex-col gap-5 px-4 pt-5 pb-12 md:px-6">
          <PageHead
            title="Failures"
            note={
              list.isSuccess && (
                <>
                  <span className="figures">
                    {count(groups.length)}
                    {list.hasNextPage && "+"}
                  </span>{" "}
                  {groups.length === 1 ? "group" : "groups"}
                </>
              )
            }
          />
          <GroupFilters search={search} onSearch={onSearch} />
          {list.isPending && <Skeleton rows={10} />}
          {list.isLoadingError && (
            <Failure error={list.error} onRetry={() => void list.refetch()} />
          )}
          {list.isRefetchError && <Notice error={list.error} />}
          {list.isSuccess && groups.length === 0 && (
            <None search={search} onAll={() => onSearch({ show: "all" })} />
          )}
          {groups.length > 0 && (
            <GroupTable
              groups={groups}
              current={group}
              onOpen={({ fingerprint }) => onSearch({ ...search, group: fingerprint })}
            />
          )}
          {list.hasNextPage && (
            <div>
              <Button
                onClick={() => void list.fetchNextPage()}
                unless={list.isFetchingNextPage ? "In progress" : undefined}
              >
                Show more
              </Button>
            </div>
          )}
        </div>
      </div>
      {group && (
        <GroupPanel key={group} fingerprint={group} onClose={() => onSearch(closed(search))} />
      )}
    </div>
  );
}

/** Nothing to see is good news, unless a filter hides it. */
function None({ search, onAll }: { search: FailuresSearch; onAll: () => void }) {
  const { data } = useQuery(summaryQuery);
  if (search.q || search.type || search.show) {
    return (
      <Empty title="No failure matches">
        <Button onClick={onAll}>Show all</Button>
      </Empty>
    );
  }
  return (
    <Empty title="No open failures">
      <p className="max-w-prose">
        {data && data.total > 0 ? `None of ${count(data.total)} jobs has an open failure. ` : ""}
        Failures of the same type with the same error are grouped here, whatever numbers, ids and
        addresses their messages hold.
      </p>
      {data && data.total > 0 && <Button onClick={onAll}>Show resolved groups</Button>}
    </Empty>
  );
}
