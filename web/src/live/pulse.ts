/** How the installation stands, for whoever shows it: one source, the cache of the queries. */
import { type QueryClient, useQuery } from "@tanstack/react-query";
import { fleetQuery } from "~/api/fleet.ts";
import { summaryQuery } from "~/api/jobs.ts";
import { queuesQuery } from "~/api/queues.ts";
import type { FleetCounts, PulseFrame, QueueView, Summary } from "~/api/schema.ts";

/** Puts what a pulse tells where the answers of the API are kept. */
export function showPulse(client: QueryClient, { summary, queues, workers }: PulseFrame): void {
  client.setQueryData(summaryQuery.queryKey, summary);
  client.setQueryData(queuesQuery.queryKey, { items: queues });
  client.setQueryData(fleetQuery.queryKey, workers);
}

export interface Standing {
  readonly summary: Summary | undefined;
  readonly queues: readonly QueueView[] | undefined;
  readonly workers: FleetCounts | undefined;
}

/** The latest that is known, told or read. */
export function usePulse(): Standing {
  const { data: summary } = useQuery(summaryQuery);
  const { data: queues } = useQuery(queuesQuery);
  const { data: workers } = useQuery(fleetQuery);
  return { summary, queues: queues?.items, workers };
}
