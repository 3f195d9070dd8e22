import { useInfiniteQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { operationsQuery } from "~/api/operations.ts";
import type { OperationView } from "~/api/schema.ts";
import { headline } from "~/jobs/bulk-words.ts";
import { isLive, OperationProgress } from "~/jobs/operation-strip.tsx";
import { isJobFrame } from "~/live/apply.ts";
import { useRefresh } from "~/live/use-refresh.ts";
import { Button } from "~/ui/button.tsx";
import { Empty, Failure, Skeleton } from "~/ui/faces.tsx";
import { Moment } from "~/ui/moment.tsx";
import { Page } from "~/ui/page.tsx";
import { type Column, Table } from "~/ui/table.tsx";

const TOLD_MS = 5_000;

const COLUMNS: readonly Column<OperationView>[] = [
  {
    head: "Operation",
    cell: (it) => (
      <Link
        to="/operations/$operationId"
        params={{ operationId: it.id }}
        className="hover:underline"
      >
        {headline(it)}
      </Link>
    ),
  },
  { head: "Progress", width: "w-96", cell: (it) => <OperationProgress operation={it} /> },
  {
    head: "By",
    width: "w-36",
    cell: (it) => <span className="text-soft">{it.actor ?? "a deleted account"}</span>,
  },
  {
    head: "Reason",
    width: "w-56",
    wide: true,
    cell: (it) => <span className="block truncate text-soft">{it.reason}</span>,
  },
  {
    head: "Started",
    width: "w-28",
    align: "end",
    cell: (it) => (
      <span className="text-soft">
        <Moment at={it.created_at} />
      </span>
    ),
  },
];

/** What was done to many jobs at once, and what became of it. */
export function OperationsPage() {
  const query = useInfiniteQuery(operationsQuery);
  const navigate = useNavigate();
  const rows = query.data?.pages.flatMap((page) => page.items) ?? [];
  const live = rows.some(isLive);
  useRefresh(operationsQuery.queryKey, (frame) => live && isJobFrame(frame), TOLD_MS);
  return (
    <Page title="Bulk operations">
      {query.isPending && <Skeleton rows={8} />}
      {query.isError && <Failure error={query.error} onRetry={() => void query.refetch()} />}
      {query.isSuccess && rows.length === 0 && (
        <Empty title="No bulk operation yet">
          <p>
            Choose rows in the{" "}
            <Link to="/jobs" className="text-ember underline">
              list of jobs
            </Link>
            , or everything that matches a search, and retry, cancel or delete them together.
          </p>
        </Empty>
      )}
      {rows.length > 0 && (
        <Table
          label="Bulk operations"
          columns={COLUMNS}
          rows={rows}
          rowKey={(it) => it.id}
          onOpen={({ id }) =>
            void navigate({ to: "/operations/$operationId", params: { operationId: id } })
          }
        />
      )}
      {query.hasNextPage && (
        <div>
          <Button onClick={() => void query.fetchNextPage()}>Show more</Button>
        </div>
      )}
    </Page>
  );
}
