import { useQuery, useQueryClient } from "@tanstack/react-query";
import { workersQuery } from "~/api/workers.ts";
import { useFrames } from "~/live/live.tsx";
import { useRefresh } from "~/live/use-refresh.ts";
import { applyToWorkers, isUnknown } from "~/workers/apply.ts";

/** Heartbeats are not told: facts are read again about as often as they come. */
const FACTS_MS = 10_000;

/** The units, kept true by what is told between two readings. */
export function useWorkers() {
  const query = useQuery({ ...workersQuery, refetchInterval: FACTS_MS });
  const client = useQueryClient();
  const { queryKey } = workersQuery;
  useRefresh(queryKey, (frame) => isUnknown(query.data?.items ?? [], frame));
  useFrames((frames) => {
    client.setQueryData(
      queryKey,
      (page) => {
        if (!page) return page;
        const items = applyToWorkers(page.items, frames);
        return items === page.items ? page : { ...page, items: [...items] };
      },
      // Ages count from the reading, which this is not.
      { updatedAt: client.getQueryState(queryKey)?.dataUpdatedAt ?? Date.now() },
    );
  });
  return query;
}
