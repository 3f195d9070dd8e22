import { Link } from "@tanstack/react-router";
import { memo, useCallback, useState, useSyncExternalStore } from "react";
import type { JobItem } from "~/api/schema.ts";
import type { ShownColumn } from "~/jobs/columns.tsx";
import type { JobList } from "~/jobs/job-list.ts";
import type { Row } from "~/jobs/list-shape.ts";
import { ProgressBar } from "~/jobs/progress-bar.tsx";
import { Moment, Took } from "~/ui/moment.tsx";
import { Status } from "~/ui/status.tsx";

interface Props {
  readonly list: JobList;
  readonly id: string;
  /** From 0; the head is no row of it. */
  readonly index: number;
  /** Absent on a phone, where a row is a card. */
  readonly columns: readonly ShownColumn[] | undefined;
  readonly chosen: boolean;
  readonly active: boolean;
  readonly current: boolean;
  /** Pixels; all rows have the same, or the scroll bar would lie. */
  readonly height: number;
}

const MARKS = {
  gone: "**:text-faint! **:line-through",
  out: "**:text-faint!",
} as const;

/** One job. The table listens for all of its rows; what is pressed is told by `data-id`. */
export const JobRow = memo(function JobRow(props: Props) {
  const { list, id, index, columns, chosen, active, current, height } = props;
  const row = useRow(list, id);
  if (!row) return null;
  const { item, mark } = row;
  const name = item.summary ?? item.type;
  return (
    <tr
      data-id={id}
      tabIndex={active ? 0 : -1}
      style={{ height }}
      aria-rowindex={index + 2}
      aria-selected={chosen}
      aria-current={current ? "true" : undefined}
      title={mark === "gone" ? "Deleted" : mark === "out" ? "No longer matches" : undefined}
      className={`cursor-default -outline-offset-2 hover:bg-hover standing-open aria-selected:bg-ember-wash ${mark ? MARKS[mark] : ""}`}
    >
      <td className="border-hairline border-b p-0">
        <label className="grid h-[35px] w-9 cursor-pointer place-items-center md:ml-4">
          <input
            type="checkbox"
            tabIndex={-1}
            checked={chosen}
            readOnly
            aria-label={`Choose ${name}`}
            className="size-3.5 cursor-pointer accent-ember-fill"
          />
        </label>
      </td>
      {columns ? (
        columns.map((column) => <Cell key={column.id} column={column} item={item} />)
      ) : (
        <Card item={item} />
      )}
    </tr>
  );
});

function useRow(list: JobList, id: string): Row | undefined {
  const subscribe = useCallback(
    (listener: () => void) => list.rows.onRow(id, listener),
    [list, id],
  );
  return useSyncExternalStore(subscribe, () => list.rows.get(id));
}

function Cell({ column, item }: { column: ShownColumn; item: JobItem }) {
  const told = column.tells?.(item);
  const [seen, setSeen] = useState({ told, changes: 0 });
  if (seen.told !== told) setSeen({ told, changes: seen.changes + 1 });
  return (
    <td
      className={`truncate border-hairline border-b px-2 py-0 last:pr-6 ${column.align ? "text-right" : ""} ${tint(seen.changes)}`}
    >
      {column.id === "summary" ? <Name item={item} /> : column.cell(item)}
    </td>
  );
}

/** An animation begins anew when it has another name; where much changes none is shown. */
function tint(changes: number): string {
  if (changes === 0) return "";
  return changes % 2 === 1 ? "in-data-calm:changed" : "in-data-calm:changed-again";
}

/** A plain click opens the job beside the list; with a modifier the browser does what it does with links. */
function Name({ item }: { item: JobItem }) {
  return (
    <Link
      to="/jobs/$jobId"
      params={{ jobId: item.id }}
      tabIndex={-1}
      preload={false}
      title={item.summary ?? undefined}
      className="hover:underline"
    >
      {item.summary ?? <span className="text-soft">{item.type}</span>}
    </Link>
  );
}

function Card({ item }: { item: JobItem }) {
  return (
    <td className="border-hairline border-b py-0 pr-4">
      <div className="flex items-baseline gap-3">
        <span className="min-w-0 flex-1 truncate">
          <Name item={item} />
        </span>
        <Status status={item.status} />
      </div>
      <div className="flex items-center gap-3 text-soft text-sm">
        <span className="figures min-w-0 truncate">{item.type}</span>
        <span className="w-24 empty:hidden">
          <ProgressBar job={item} />
        </span>
        <span className="ml-auto flex gap-3">
          {item.duration_seconds !== null && item.status !== "running" && (
            <Took seconds={item.duration_seconds} />
          )}
          <Moment at={item.created_at} />
        </span>
      </div>
    </td>
  );
}
