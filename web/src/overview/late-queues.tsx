import { Link } from "@tanstack/react-router";
import type { QueueView } from "~/api/schema.ts";
import { count, roughly, span } from "~/lib/format.ts";
import { useNow } from "~/lib/use-now.ts";
import { usePulse } from "~/live/pulse.ts";
import { byLateness, lateness } from "~/overview/figures.ts";
import { LATE_SECONDS } from "~/overview/verdict.ts";
import { Skeleton } from "~/ui/faces.tsx";
import { Section } from "~/ui/page.tsx";
import { type Column, Table } from "~/ui/table.tsx";

const MOST = 8;

/** The queues, the one that lags most first. */
export function LateQueues() {
  const { queues } = usePulse();
  return (
    <Section title="Queues" note="longest wait first" actions={<All to="/queues" />}>
      {queues ? (
        <Table
          label="Queues by lateness"
          columns={COLUMNS}
          rows={byLateness(queues).slice(0, MOST)}
          rowKey={(it) => it.name}
        />
      ) : (
        <Skeleton rows={4} />
      )}
    </Section>
  );
}

export function All({ to }: { to: "/queues" | "/failures" | "/schedules" }) {
  return (
    <Link to={to} className="flex h-8 items-center text-ember text-sm hover:underline">
      Show all
    </Link>
  );
}

const COLUMNS: readonly Column<QueueView>[] = [
  { head: "Queue", cell: (it) => <Name queue={it} />, width: "w-32" },
  { head: "State", cell: (it) => <State queue={it} /> },
  { head: "Waiting", cell: (it) => <Figure n={it.depth} of="waiting" />, align: "end" },
  { head: "Oldest", cell: (it) => <Oldest queue={it} />, align: "end" },
  { head: "Running", cell: (it) => <Running queue={it} />, align: "end" },
  { head: "In/min", cell: (it) => <Rate value={it.in_per_minute} />, align: "end", wide: true },
  { head: "Out/min", cell: (it) => <Rate value={it.out_per_minute} />, align: "end", wide: true },
  {
    head: "Drains in",
    cell: (it) => (
      <span className="figures text-soft">
        {it.depth === 0 ? "" : it.drain_seconds === null ? "never" : span(it.drain_seconds)}
      </span>
    ),
    align: "end",
    wide: true,
  },
];

function Name({ queue }: { queue: QueueView }) {
  return (
    <Link
      to="/jobs"
      search={{ q: `queue:${queue.name}` }}
      className="font-medium underline decoration-transparent underline-offset-4 hover:decoration-ember"
    >
      {queue.name}
    </Link>
  );
}

/** In a word, what keeps it from being fine. */
function State({ queue }: { queue: QueueView }) {
  const now = useNow();
  if (queue.paused) {
    const by = queue.paused_by ? ` by ${queue.paused_by.replace(/^user:/, "")}` : "";
    return (
      <span className="text-retrying" title={queue.pause_reason ?? undefined}>
        Paused{by}
      </span>
    );
  }
  if (queue.workers === 0) return <span className="text-failed">No workers</span>;
  if (queue.depth > 0 && lateness(queue, now) > LATE_SECONDS) {
    return <span className="text-failed">Late</span>;
  }
  return <span className="text-soft">{queue.depth + queue.running > 0 ? "Active" : "Idle"}</span>;
}

function Oldest({ queue }: { queue: QueueView }) {
  const now = useNow();
  if (queue.oldest_due_at === null || queue.depth === 0) return null;
  return <span className="figures">{span(Math.floor(lateness(queue, now)))}</span>;
}

function Running({ queue }: { queue: QueueView }) {
  const limit = queue.concurrency_limit;
  return (
    <span className="figures">
      <Figure n={queue.running} of="running" />
      {limit !== null && <span className="text-faint"> of {count(limit)}</span>}
    </span>
  );
}

/** On a phone there are no heads, so the number says what it counts. */
function Figure({ n, of }: { n: number; of: string }) {
  return (
    <span className={`figures ${n === 0 ? "text-faint" : ""}`} title={count(n)}>
      {roughly(n)}
      <span className="font-sans md:hidden"> {of}</span>
    </span>
  );
}

function Rate({ value }: { value: number }) {
  return (
    <span className={`figures ${value === 0 ? "text-faint" : "text-soft"}`}>
      {value === 0 || value >= 10 ? roughly(Math.round(value)) : value.toFixed(1)}
    </span>
  );
}
