import { useState } from "react";
import type { EventRecord, JobDetail } from "~/api/schema.ts";
import { Host } from "~/job/host.tsx";
import { actorOf } from "~/job/people.ts";
import { count } from "~/lib/format.ts";
import { Button } from "~/ui/button.tsx";
import { Moment } from "~/ui/moment.tsx";
import { Shown } from "~/ui/shown.tsx";
import { STATUSES, Status } from "~/ui/status.tsx";
import { type Column, Table } from "~/ui/table.tsx";

/** Rows that stand at once; a job that was retried for years has more. */
const FIRST = 100;

const COLUMNS: readonly Column<EventRecord>[] = [
  {
    head: "Became",
    width: "w-36",
    cell: ({ status }) => {
      const known = STATUSES.find((it) => it === status);
      return known ? <Status status={known} /> : status;
    },
  },
  { head: "When", width: "w-44", cell: ({ at }) => <Moment at={at} as="clock" /> },
  { head: "Who", width: "w-56", cell: ({ actor }) => actor && <Who actor={actor} /> },
  {
    head: "Attempt",
    wide: true,
    width: "w-20",
    align: "end",
    cell: ({ attempt }) => <Figures n={attempt} />,
  },
  {
    head: "Version",
    wide: true,
    width: "w-20",
    align: "end",
    cell: ({ version }) => <Figures n={version} />,
  },
  { head: "More", cell: ({ data }) => data && <More data={data} /> },
];

/** Everything that happened to the job, the latest first. */
export function EventList({ job }: { job: JobDetail }) {
  const [all, setAll] = useState(false);
  const events = job.events.toReversed();
  const shown = all ? events : events.slice(0, FIRST);
  return (
    <div className="flex flex-col items-start gap-3">
      <Table label="Events" columns={COLUMNS} rows={shown} rowKey={(it) => String(it.version)} />
      {shown.length < events.length && (
        <Button kind="quiet" onClick={() => setAll(true)}>
          Show all {count(events.length)}
        </Button>
      )}
    </div>
  );
}

function Who({ actor }: { actor: string }) {
  const { kind, name } = actorOf(actor);
  if (kind === "worker") {
    return (
      <>
        <span className="text-soft">worker </span>
        <Host workerId={name} />
      </>
    );
  }
  return <Shown text={name} />;
}

function Figures({ n }: { n: number }) {
  return <span className="figures text-soft">{n}</span>;
}

function More({ data }: { data: NonNullable<EventRecord["data"]> }) {
  return (
    <span className="flex flex-wrap gap-x-4 text-soft">
      {Object.entries(data).map(([name, value]) => (
        <span key={name} className="wrap-anywhere">
          {name.replaceAll("_", " ")}{" "}
          <span className="figures text-ink">
            <Shown text={typeof value === "string" ? value : JSON.stringify(value)} />
          </span>
        </span>
      ))}
    </span>
  );
}
