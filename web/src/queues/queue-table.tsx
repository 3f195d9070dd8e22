import type { QueueView } from "~/api/schema.ts";
import { count, rate, span } from "~/lib/format.ts";
import type { QueueOrder } from "~/queues/queue-dialogs.tsx";
import { QueueMarks } from "~/queues/queue-marks.tsx";
import { QueueMenu } from "~/queues/queue-menu.tsx";
import { byLateness, drainOf } from "~/queues/queue-rules.ts";
import { QueueState } from "~/queues/queue-state.tsx";
import { Figure } from "~/ui/figure.tsx";
import { Ageing } from "~/ui/moment.tsx";
import { type Column, Table } from "~/ui/table.tsx";

interface Props {
  readonly queues: readonly QueueView[];
  readonly readAt: number;
  readonly current: string | undefined;
  readonly onOpen: (queue: QueueView) => void;
  readonly onOrder: (order: QueueOrder) => void;
}

export function QueueTable({ queues, readAt, current, onOpen, onOrder }: Props) {
  const columns: readonly Column<QueueView>[] = [
    {
      head: "Queue",
      width: "md:w-64",
      cell: (queue) => (
        <span className="flex flex-wrap items-center gap-x-4 pr-10 md:py-1">
          <span className="font-medium">{queue.name}</span>
          <QueueMarks queue={queue} />
        </span>
      ),
    },
    { head: "State", place: "line", cell: (queue) => <State queue={queue} /> },
    { head: "Waiting", align: "end", phone: "Waiting", cell: (it) => <Count n={it.depth} /> },
    {
      head: "Oldest",
      align: "end",
      phone: "Oldest",
      cell: ({ oldest_age_seconds: age }) =>
        age === null ? <None /> : <Ageing seconds={age} readAt={readAt} />,
    },
    {
      head: "Scheduled",
      align: "end",
      wide: true,
      cell: (queue) => <Count n={queue.scheduled} />,
    },
    { head: "Running", align: "end", phone: "Running", cell: (it) => <Running queue={it} /> },
    {
      head: "In/min",
      align: "end",
      phone: "In",
      spare: true,
      cell: (queue) => <Figure text={rate(queue.in_per_minute)} />,
    },
    {
      head: "Out/min",
      align: "end",
      phone: "Out",
      spare: true,
      cell: (queue) => <Figure text={rate(queue.out_per_minute)} />,
    },
    { head: "Drains in", align: "end", wide: true, cell: (queue) => <Drain queue={queue} /> },
    {
      head: "Workers",
      align: "end",
      wide: true,
      cell: (queue) => (
        <span className="figures whitespace-nowrap" title="Workers online, and slots they have">
          {count(queue.workers)} <span className="text-faint">/ {count(queue.slots)} slots</span>
        </span>
      ),
    },
    {
      head: "Actions",
      align: "end",
      place: "corner",
      cell: (queue) => <QueueMenu queue={queue} onOrder={onOrder} />,
    },
  ];
  return (
    <Table
      label="Queues"
      columns={columns}
      rows={byLateness(queues)}
      rowKey={(queue) => queue.name}
      onOpen={onOpen}
      current={current}
    />
  );
}

/** On a phone only what is unusual takes a line. */
function State({ queue }: { queue: QueueView }) {
  return (
    <div className={queue.paused ? "" : "max-md:hidden"}>
      <QueueState queue={queue} />
    </div>
  );
}

function Running({ queue: { running, concurrency_limit: limit } }: { queue: QueueView }) {
  return (
    <span className="figures whitespace-nowrap">
      {count(running)}
      {limit !== null && <span className="text-faint"> / {count(limit)}</span>}
    </span>
  );
}

const WORDS = { empty: "–", paused: "paused", never: "never" } as const;

export function Drain({ queue }: { queue: QueueView }) {
  const drain = drainOf(queue);
  if (typeof drain === "number") return <Figure text={span(Math.max(1, drain))} />;
  const why = drain === "never" ? "At this rate the backlog does not shrink" : undefined;
  return (
    <span className="text-faint" title={why}>
      {WORDS[drain]}
    </span>
  );
}

function Count({ n }: { n: number }) {
  return n === 0 ? <span className="figures text-faint">0</span> : <Figure text={count(n)} />;
}

function None() {
  return <span className="text-faint">–</span>;
}
