import { useQuery } from "@tanstack/react-query";
import { timeseriesQuery } from "~/api/statistics.ts";
import { count } from "~/lib/format.ts";
import { useNow } from "~/lib/use-now.ts";
import { usePulse } from "~/live/pulse.ts";
import { failureRate, whole } from "~/overview/figures.ts";
import { StatusSentence } from "~/overview/status-sentence.tsx";
import { verdict } from "~/overview/verdict.ts";

const HOUR = 60;
const DAY = 24 * HOUR;

/** The status sentence, as soon as enough is known to say it. */
export function Standing() {
  const { queues, workers, summary } = usePulse();
  const hour = useQuery(timeseriesQuery(HOUR));
  // What is usual does not change within minutes.
  const day = useQuery({ ...timeseriesQuery(DAY), staleTime: 300_000 });
  const now = useNow();
  if (!queues || !workers || !summary) return <div className="h-8" />;
  const clauses = verdict({
    queues,
    fleet: workers,
    minutes: whole(hour.data?.items ?? []),
    usual: failureRate(day.data?.items ?? []),
    now,
  });
  return (
    <StatusSentence clauses={clauses} calm={calm(workers.online, summary.by_status.running)} />
  );
}

function calm(workers: number, running = 0): string {
  const hands = workers === 1 ? "One worker is online" : `${count(workers)} workers are online`;
  if (running === 0) return `All is well. ${hands}, and nothing runs just now.`;
  return `All is well. ${hands}, ${running === 1 ? "1 job runs" : `${count(running)} jobs run`}, nothing is late.`;
}
