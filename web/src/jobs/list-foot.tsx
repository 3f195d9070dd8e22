import { useEffect, useEffectEvent } from "react";
import { ApiProblem } from "~/api/problem.ts";
import type { JobList } from "~/jobs/job-list.ts";
import type { Shape } from "~/jobs/list-shape.ts";
import { count } from "~/lib/format.ts";
import { Button } from "~/ui/button.tsx";
import { Notice } from "~/ui/faces.tsx";
import { Moment } from "~/ui/moment.tsx";

interface Props {
  readonly list: JobList;
  readonly shape: Shape;
  readonly total: number | undefined;
}

/** What follows the last row: how many there are, or why there are no more yet. */
export function ListFoot({ list, shape, total }: Props) {
  const { ids, more, error } = shape;
  const pause = error instanceof ApiProblem ? error.retryAfter : undefined;
  const again = useEffectEvent(() => void list.extend());
  useEffect(() => {
    if (pause === undefined) return;
    const timer = setTimeout(() => again(), pause * 1000);
    return () => clearTimeout(timer);
  }, [pause]);

  const last = list.rows.get(ids.at(-1) ?? "")?.item.created_at;
  return (
    <div className="sticky left-0 flex min-h-10 max-w-full flex-wrap items-center gap-3 px-4 py-2 text-faint text-sm md:px-6">
      {error && <Notice error={error} />}
      {error && pause === undefined && (
        <Button onClick={() => void list.extend()}>Try again</Button>
      )}
      {pause !== undefined && <span>It goes on by itself in {pause} s.</span>}
      {more === "tired" && (
        <>
          <span>The last pages brought no match.</span>
          <Button onClick={() => void list.extend()}>Search further back</Button>
        </>
      )}
      {more === "no" && ids.length > 0 && <span>{count(ids.length)} in all, newest first</span>}
      {(more === "yes" || more === "reading") && !error && (
        <span role="status">
          {count(ids.length)} read{total === undefined ? "" : ` of about ${count(total)}`}
          {last && (
            <>
              , back to <Moment at={last} as="clock" />
            </>
          )}
        </span>
      )}
    </div>
  );
}
