import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { QueueView, WorkerView } from "~/api/schema.ts";
import { workersQuery } from "~/api/workers.ts";
import { count } from "~/lib/format.ts";
import { consumersOf, runningByType } from "~/queues/consumers.ts";
import { Asked } from "~/ui/asked.tsx";
import { Section } from "~/ui/page.tsx";

/** Who takes jobs from a queue, and what of it they run now. */
export function QueueConsumers({ queue }: { queue: QueueView }) {
  const query = useQuery(workersQuery);
  return (
    <>
      <Section title="Workers">
        <Asked query={query} rows={2}>
          {({ items }) => <Consumers workers={consumersOf(items, queue.name)} />}
        </Asked>
      </Section>
      {query.data && <ByType types={runningByType(query.data.items, queue.priority)} />}
    </>
  );
}

function Consumers({ workers }: { workers: readonly WorkerView[] }) {
  if (workers.length === 0) {
    return <p className="text-soft">No worker takes jobs from it; start one that serves it.</p>;
  }
  return (
    <ul>
      {workers.map(({ id, host, pid, status, jobs, slots }) => (
        <li key={id} className="flex h-9 items-center gap-3 border-hairline border-b">
          <Link
            to="/workers"
            search={{ worker: id }}
            className="figures min-w-0 flex-1 truncate rounded py-1 hover:text-ember"
          >
            {host} <span className="text-faint">{pid}</span>
          </Link>
          {status !== "online" && <span className="text-soft">{status}</span>}
          <span className="figures whitespace-nowrap text-soft">
            {count(jobs.length)} / {count(slots)} slots
          </span>
        </li>
      ))}
    </ul>
  );
}

function ByType({ types }: { types: readonly (readonly [string, number])[] }) {
  if (types.length === 0) return null;
  return (
    <Section title="Running now, by type">
      <ul>
        {types.map(([type, n]) => (
          <li key={type} className="flex h-8 items-center border-hairline border-b">
            <span className="figures min-w-0 flex-1 truncate">{type}</span>
            <span className="figures">{count(n)}</span>
          </li>
        ))}
      </ul>
    </Section>
  );
}
