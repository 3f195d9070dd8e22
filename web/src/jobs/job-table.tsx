import { useVirtualizer } from "@tanstack/react-virtual";
import { memo, useRef } from "react";
import type { JobItem } from "~/api/schema.ts";
import { Moment, Took } from "~/ui/moment.tsx";
import { Status } from "~/ui/status.tsx";

const ROW = 36;
const COLUMNS =
  "grid grid-cols-[8.5rem_10rem_minmax(12rem,1fr)_6rem_5rem_7rem_6rem] items-center gap-4 px-6";
const HEADS = ["Status", "Type", "Summary", "Priority", "Attempt", "Created", "Took"];

interface Props {
  readonly items: readonly JobItem[];
  readonly gone: ReadonlySet<string>;
  readonly onEnd: () => void;
}

export function JobTable({ items, gone, onEnd }: Props) {
  const frame = useRef<HTMLDivElement>(null);
  const rows = useVirtualizer({
    count: items.length,
    getScrollElement: () => frame.current,
    estimateSize: () => ROW,
    overscan: 12,
    onChange: (it) => {
      if ((it.range?.endIndex ?? 0) >= items.length - 20) onEnd();
    },
  });
  return (
    <div ref={frame} className="min-h-0 flex-1 overflow-auto">
      <table aria-label="Jobs" aria-rowcount={items.length + 1} className="block min-w-240">
        <thead className="sticky top-0 z-10 block bg-ground">
          <tr className={`${COLUMNS} h-9 border-hairline border-b text-faint text-sm`}>
            {HEADS.map((head) => (
              <th key={head} scope="col" className="text-left font-normal">
                {head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody className="relative block" style={{ height: rows.getTotalSize() }}>
          {rows.getVirtualItems().map(({ index, start }) => {
            const item = items[index];
            return (
              item && (
                <tr
                  key={item.id}
                  aria-rowindex={index + 2}
                  style={{ transform: `translateY(${start}px)`, height: ROW }}
                  className={`${COLUMNS} absolute inset-x-0 border-hairline border-b hover:bg-hover ${gone.has(item.id) ? "line-through opacity-50" : ""}`}
                >
                  <Cells item={item} />
                </tr>
              )
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

const Cells = memo(function Cells({ item }: { item: JobItem }) {
  return (
    <>
      <td key={item.status} className="changed">
        <Status status={item.status} />
      </td>
      <td className="figures truncate">{item.type}</td>
      <td className="truncate" title={item.summary ?? undefined}>
        {item.summary ?? <span className="figures text-faint">{item.id}</span>}
      </td>
      <td className="text-soft">{item.priority}</td>
      <td className="figures text-soft">
        {item.attempt}/{item.max_retries + 1}
      </td>
      <td className="text-soft">
        <Moment at={item.created_at} />
      </td>
      <td className="text-soft">
        <Took
          seconds={item.duration_seconds}
          from={item.status === "running" ? item.started_at : null}
        />
      </td>
    </>
  );
});
