import type { MailItem } from "~/api/schema.ts";
import { bytes } from "~/lib/format.ts";
import { Moment } from "~/ui/moment.tsx";
import { type Column, Table } from "~/ui/table.tsx";

interface Props {
  readonly items: readonly MailItem[];
  readonly current: string | undefined;
  readonly onOpen: (id: string) => void;
}

export function MailList({ items, current, onOpen }: Props) {
  return (
    <Table
      label="Messages"
      columns={current ? COLUMNS.filter((it) => !it.wide) : COLUMNS}
      rows={items}
      rowKey={(it) => it.id}
      onOpen={(it) => onOpen(it.id)}
      current={current}
    />
  );
}

const COLUMNS: readonly Column<MailItem>[] = [
  {
    head: "Subject",
    cell: (it) => (
      <span
        className="block max-w-[26vw] truncate font-medium max-md:max-w-[calc(100vw-8rem)] max-md:pr-20"
        title={it.subject}
      >
        {it.subject || <span className="font-normal text-faint">No subject</span>}
      </span>
    ),
  },
  {
    head: "To",
    phone: "to",
    cell: (it) => (
      <span className="block max-w-[18vw] truncate align-bottom max-md:inline-block max-md:max-w-[80vw]">
        {it.recipient}
      </span>
    ),
  },
  {
    head: "From",
    wide: true,
    cell: (it) => <span className="block max-w-72 truncate text-soft">{it.sender}</span>,
  },
  {
    head: "Size",
    align: "end",
    wide: true,
    cell: (it) => <span className="figures whitespace-nowrap">{bytes(it.size_bytes)}</span>,
  },
  { head: "When", align: "end", place: "corner", cell: (it) => <Moment at={it.at} /> },
];
