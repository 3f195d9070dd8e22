import type { InfiniteData, UseInfiniteQueryResult } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { Button } from "~/ui/button.tsx";
import { Failure, Notice, Skeleton } from "~/ui/faces.tsx";

interface Page<Item> {
  readonly items: readonly Item[];
}

interface Props<Item> {
  readonly query: UseInfiniteQueryResult<InfiniteData<Page<Item>>>;
  readonly rows: number;
  /** What stands there when there is nothing. */
  readonly empty: ReactNode;
  readonly children: (items: readonly Item[]) => ReactNode;
}

/** A list that comes page by page: on its way, refused, empty, or there with a way to more. */
export function Pages<Item>({ query, rows, empty, children }: Props<Item>) {
  const { data, error, refetch, hasNextPage, isFetchingNextPage, fetchNextPage } = query;
  if (data === undefined) {
    return error ? (
      <Failure error={error} onRetry={() => void refetch()} />
    ) : (
      <Skeleton rows={rows} />
    );
  }
  const items = data.pages.flatMap((it) => it.items);
  return (
    <div className="flex flex-col gap-3">
      {error && <Notice error={error} />}
      {items.length === 0 ? empty : children(items)}
      {hasNextPage && (
        <div>
          <Button
            onClick={() => void fetchNextPage()}
            unless={isFetchingNextPage ? "In progress" : undefined}
          >
            Show more
          </Button>
        </div>
      )}
    </div>
  );
}
