import type { WorkerView } from "~/api/schema.ts";
import { bytes, count } from "~/lib/format.ts";
import { Ageing, Moment } from "~/ui/moment.tsx";
import { type Column, Table } from "~/ui/table.tsx";
import { Slots } from "~/workers/slots.tsx";
import type { WorkerOrder } from "~/workers/worker-dialog.tsx";
import { Lag, Load } from "~/workers/worker-facts.tsx";
import { WorkerMenu } from "~/workers/worker-menu.tsx";
import { WorkerStatus } from "~/workers/worker-status.tsx";

interface Props {
  readonly label: string;
  readonly workers: readonly WorkerView[];
  readonly readAt: number;
  readonly current: string | undefined;
  readonly onOpen: (worker: WorkerView) => void;
}

export function WorkerTable({
  onOrder,
  readAt,
  ...props
}: Props & { readonly onOrder: (order: WorkerOrder) => void }) {
  const columns: readonly Column<WorkerView>[] = [
    WHO,
    { head: "Status", cell: (worker) => <WorkerStatus worker={worker} /> },
    { head: "Slots", place: "line", cell: (worker) => <Slots worker={worker} /> },
    { head: "In use", align: "end", wide: true, cell: (worker) => <InUse worker={worker} /> },
    {
      head: "Heartbeat",
      align: "end",
      phone: "Heartbeat",
      cell: ({ heartbeat_age_seconds: age }) => <Ageing seconds={age} readAt={readAt} />,
    },
    {
      head: "Memory",
      align: "end",
      phone: "Memory",
      spare: true,
      cell: ({ facts }) => <Fact text={facts?.memory_bytes && bytes(facts.memory_bytes)} />,
    },
    {
      head: "CPU",
      align: "end",
      phone: "CPU",
      spare: true,
      cell: ({ facts }) => <Load facts={facts} />,
    },
    { head: "Loop lag", align: "end", wide: true, cell: ({ facts }) => <Lag facts={facts} /> },
    {
      head: "Actions",
      align: "end",
      place: "corner",
      cell: (it) => <WorkerMenu worker={it} onOrder={onOrder} />,
    },
  ];
  return <WorkerRows columns={columns} {...props} />;
}

const GONE: readonly Column<WorkerView>[] = [
  {
    head: "Worker",
    cell: (worker) => <Name worker={worker} />,
  },
  { head: "Status", cell: (worker) => <WorkerStatus worker={worker} /> },
  {
    head: "Gone",
    align: "end",
    cell: ({ stopped_at: at, beat_at }) => <Moment at={at ?? beat_at} />,
  },
  {
    head: "Started",
    align: "end",
    wide: true,
    cell: ({ started_at }) => <Moment at={started_at} as="clock" />,
  },
  {
    head: "Jobs it ended",
    align: "end",
    phone: "Jobs it ended",
    cell: ({ facts }) => <Fact text={facts?.ended_jobs != null && count(facts.ended_jobs)} />,
  },
];

/** Units that are not there any more. */
export function GoneTable(props: Omit<Props, "readAt">) {
  return <WorkerRows columns={GONE} {...props} />;
}

function WorkerRows({
  workers,
  ...props
}: Omit<Props, "readAt"> & { readonly columns: readonly Column<WorkerView>[] }) {
  return <Table rows={workers} rowKey={(worker) => worker.id} {...props} />;
}

const WHO: Column<WorkerView> = {
  head: "Worker",
  cell: (worker) => (
    <span className="flex flex-col py-1">
      <Name worker={worker} />
      <span className="text-faint text-sm">
        <span className="figures">{worker.version}</span>, since{" "}
        <Moment at={worker.started_at} as="clock" />
      </span>
    </span>
  ),
};

function Name({ worker: { host, pid } }: { worker: WorkerView }) {
  return (
    <span className="figures whitespace-nowrap">
      {host} <span className="text-faint">{pid}</span>
    </span>
  );
}

function InUse({ worker: { jobs, slots } }: { worker: WorkerView }) {
  return (
    <span className="figures whitespace-nowrap">
      {count(jobs.length)} <span className="text-faint">/ {count(slots)}</span>
    </span>
  );
}

function Fact({ text }: { text: string | number | false | null | undefined }) {
  return text ? (
    <span className="figures whitespace-nowrap">{text}</span>
  ) : (
    <span className="text-faint">–</span>
  );
}
