import { useInfiniteQuery } from "@tanstack/react-query";
import { firesQuery } from "~/api/schedules.ts";
import type { FireRecord } from "~/api/schema.ts";
import { Outcome } from "~/schedules/outcome.tsx";
import { person } from "~/schedules/schedule-table.tsx";
import { Button } from "~/ui/button.tsx";
import { Failure, Skeleton } from "~/ui/faces.tsx";
import { Moment, Took } from "~/ui/moment.tsx";
import { type Column, Table } from "~/ui/table.tsx";

/** What became of each moment, newest first: those that were left out are rows, not silence. */
export function FireLog({ id }: { id: string }) {
  const query = useInfiniteQuery({ ...firesQuery(id), refetchInterval: 15_000 });
  const fires = query.data?.pages.flatMap((page) => page.items) ?? [];
  if (query.isPending) return <Skeleton rows={5} />;
  if (query.isError && fires.length === 0) {
    return <Failure error={query.error} onRetry={() => query.refetch()} />;
  }
  if (fires.length === 0) return <p className="text-soft">It has not fired yet.</p>;
  return (
    <div className="flex flex-col items-start gap-2">
      <div className="relative max-h-96 w-full overflow-auto">
        <Table label="Fires" rows={fires} rowKey={(it) => it.fire_at} columns={COLUMNS} />
      </div>
      {query.hasNextPage && (
        <Button
          unless={query.isFetchingNextPage ? "In progress" : undefined}
          onClick={() => void query.fetchNextPage()}
        >
          Show more
        </Button>
      )}
    </div>
  );
}

const COLUMNS: readonly Column<FireRecord>[] = [
  { head: "Moment", cell: (it) => <Moment at={it.fire_at} as="clock" /> },
  {
    head: "What became of it",
    cell: (it) => (
      <>
        <Outcome fire={it} />
        {it.skipped !== null && <span className="block text-soft text-sm">{it.skipped}</span>}
      </>
    ),
  },
  {
    head: "Took",
    align: "end",
    cell: (it) => it.duration_seconds !== null && <Took seconds={it.duration_seconds} />,
  },
  {
    head: "Asked by",
    align: "end",
    cell: (it) => <span className="text-soft">{it.actor === null ? "" : person(it.actor)}</span>,
  },
];
