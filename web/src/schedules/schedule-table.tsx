import { CirclePause } from "lucide-react";
import type { ScheduleItem } from "~/api/schema.ts";
import { wallOf } from "~/lib/wall-time.ts";
import { FireStrip } from "~/schedules/fire-strip.tsx";
import { Outcome } from "~/schedules/outcome.tsx";
import { Moment } from "~/ui/moment.tsx";
import { type Column, Table } from "~/ui/table.tsx";

interface Props {
  readonly schedules: readonly ScheduleItem[];
  readonly current: string | undefined;
  readonly onOpen: (schedule: ScheduleItem) => void;
}

export function ScheduleTable({ schedules, current, onOpen }: Props) {
  return (
    <Table
      label="Schedules"
      rows={schedules}
      rowKey={(it) => it.id}
      columns={current ? BESIDE : COLUMNS}
      current={current}
      onOpen={onOpen}
    />
  );
}

const COLUMNS: readonly Column<ScheduleItem>[] = [
  {
    head: "Name",
    width: "min-w-40",
    cell: (it) => <span className="wrap-break-word font-medium">{it.name}</span>,
  },
  {
    head: "When",
    cell: (it) => (
      <span title={it.cron ?? undefined}>
        {it.words}
        {it.cron !== null && <span className="figures text-faint"> {it.timezone}</span>}
      </span>
    ),
  },
  {
    head: "Type",
    width: "w-40",
    wide: true,
    cell: (it) => <span className="figures text-soft">{it.type}</span>,
  },
  { head: "Next", width: "w-56", cell: (it) => <Next schedule={it} /> },
  {
    head: "Last",
    width: "w-52",
    cell: (it) =>
      it.last_fire && (
        <span className="inline-flex items-center gap-2 whitespace-nowrap">
          <Outcome fire={it.last_fire} />
          <span className="text-soft">
            <Moment at={it.last_fire.fire_at} />
          </span>
        </span>
      ),
  },
  {
    head: "Last 20",
    width: "w-36",
    align: "end",
    // The newest of each stand under one another.
    cell: (it) => (
      <span className="flex md:justify-end">
        <FireStrip fires={it.last_fires} />
      </span>
    ),
  },
];

/** Beside the panel, which tells the rest. */
const BESIDE = COLUMNS.filter((it) => ["Name", "Next", "Last"].includes(it.head));

/** When it fires next, in words and by the clock of its own zone; or who paused it, and why. */
function Next({ schedule }: { schedule: ScheduleItem }) {
  const { paused, paused_by: by, pause_reason: reason, next_fire_at: at, timezone } = schedule;
  if (paused) {
    return (
      <span
        className="inline-flex max-w-56 items-center gap-1.5"
        title={`Paused by ${person(by)}: ${reason}`}
      >
        <CirclePause aria-hidden className="size-3.5 shrink-0 text-retrying" strokeWidth={2.25} />
        <span className="truncate">Paused: {reason}</span>
      </span>
    );
  }
  if (at === null) return <span className="text-faint">Never again</span>;
  return (
    <span className="inline-flex gap-2 whitespace-nowrap">
      <Moment at={at} />
      <span className="figures text-faint">{wallOf(at, timezone).slice(5).replace("T", " ")}</span>
    </span>
  );
}

/** `user:admin` is admin. */
export function person(actor: string | null): string {
  return actor?.replace(/^user:/, "") ?? "somebody";
}
