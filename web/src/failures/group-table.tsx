import type { FailureGroup } from "~/api/schema.ts";
import { Hours } from "~/failures/hours.tsx";
import { StateBadge } from "~/failures/state-badge.tsx";
import { count, roughly } from "~/lib/format.ts";
import { Moment } from "~/ui/moment.tsx";
import { Shown } from "~/ui/shown.tsx";
import { type Column, Table } from "~/ui/table.tsx";

function title(withKind: boolean): Column<FailureGroup> {
  return {
    head: "Failure",
    cell: (group) => (
      <span className="flex items-baseline gap-2 md:w-0 md:min-w-full" title={group.message}>
        <span className="truncate font-medium max-md:whitespace-normal max-md:wrap-anywhere">
          <Shown text={group.title} />
        </span>
        {withKind && (
          <span className="figures shrink-0 text-faint max-md:hidden">
            <Shown text={group.kind} />
          </span>
        )}
      </span>
    ),
  };
}

const COLUMNS: readonly Column<FailureGroup>[] = [
  title(true),
  { head: "State", width: "w-28", cell: ({ state }) => <StateBadge state={state} /> },
  {
    head: "Type",
    width: "w-36",
    cell: ({ type }) => <span className="figures whitespace-nowrap text-soft">{type}</span>,
  },
  {
    head: "Still failed",
    width: "w-24",
    align: "end",
    cell: ({ still_failed: n }) => (
      <span className={`figures ${n > 0 ? "font-medium" : "text-faint"}`} title={count(n)}>
        {roughly(n)}
        <span className="font-sans text-faint md:hidden"> still failed</span>
      </span>
    ),
  },
  {
    head: "Last 24 h",
    width: "w-24",
    wide: true,
    cell: ({ hourly }) => <Hours hourly={hourly} />,
  },
  {
    head: "Total",
    width: "w-20",
    align: "end",
    wide: true,
    cell: ({ total }) => (
      <span className="figures text-soft" title={count(total)}>
        {roughly(total)}
      </span>
    ),
  },
  {
    head: "First seen",
    width: "w-24",
    align: "end",
    wide: true,
    cell: ({ first_seen }) => <Moment at={first_seen} />,
  },
  {
    head: "Last seen",
    width: "w-24",
    align: "end",
    cell: ({ last_seen }) => <Moment at={last_seen} />,
  },
];
/** Beside an open group there is room for what tells one from another. */
const NARROW = [
  title(false),
  ...COLUMNS.filter(({ head }) => ["State", "Still failed", "Last seen"].includes(head)),
];

interface Props {
  readonly groups: readonly FailureGroup[];
  readonly current: string | undefined;
  readonly onOpen: (group: FailureGroup) => void;
}

export function GroupTable({ groups, current, onOpen }: Props) {
  return (
    <Table
      label="Groups of failures"
      columns={current ? NARROW : COLUMNS}
      rows={groups}
      rowKey={({ fingerprint }) => fingerprint}
      onOpen={onOpen}
      current={current}
    />
  );
}
