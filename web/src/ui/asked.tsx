import type { UseQueryResult } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { Button } from "~/ui/button.tsx";
import { Failure, Notice, Skeleton } from "~/ui/faces.tsx";

interface Props<Data> {
  readonly query: UseQueryResult<Data>;
  /** How many rows the answer will take, so that nothing jumps. */
  readonly rows: number;
  readonly height?: number;
  readonly children: (data: Data) => ReactNode;
}

/** What was asked for: on its way, refused, there, or there and not renewed since. */
export function Asked<Data>({ query, rows, height = 36, children }: Props<Data>) {
  const { data, error, refetch } = query;
  if (data === undefined) {
    return error ? (
      <Failure error={error} onRetry={() => void refetch()} />
    ) : (
      <Skeleton rows={rows} height={height} />
    );
  }
  return (
    <>
      {error && (
        <div className="flex flex-wrap items-center gap-3">
          <Notice error={error} />
          <Button onClick={() => void refetch()}>Try again</Button>
        </div>
      )}
      {children(data)}
    </>
  );
}
