import { defaultRangeExtractor, useVirtualizer } from "@tanstack/react-virtual";
import { type ReactNode, type RefObject, useEffect, useState } from "react";
import { COLUMN_NAMES, type ColumnId } from "~/jobs/column-choice.ts";
import { useColumns } from "~/jobs/columns.tsx";
import type { JobList } from "~/jobs/job-list.ts";
import { JobRow } from "~/jobs/job-row.tsx";
import type { Shape } from "~/jobs/list-shape.ts";
import { everyRow, isChosen, type Selection } from "~/jobs/selection.ts";
import { useRowKeys } from "~/jobs/use-row-keys.ts";
import { useWide } from "~/lib/use-wide.ts";

const ROW = 36;
const CARD = 60;
const HEAD = 36;
/** Rows before the end at which the next page is read. */
const AHEAD = 30;

interface Props {
  readonly list: JobList;
  readonly shape: Shape;
  /** How many rows there are in all, where that is known. */
  readonly total: number | undefined;
  readonly columns: readonly ColumnId[];
  readonly selection: Selection;
  readonly onSelection: (selection: Selection) => void;
  /** The job that stands open beside the list. */
  readonly current: string | undefined;
  readonly onOpen: (id: string) => void;
  readonly calm: boolean;
  readonly frame: RefObject<HTMLDivElement | null>;
  readonly foot: ReactNode;
}

/** A hundred thousand jobs, of which those in sight are there. */
export function JobTable(props: Props) {
  const { list, shape, columns, selection, onSelection, current, frame } = props;
  const { ids } = shape;
  const wide = useWide();
  const looks = useColumns(columns);
  const [active, setActive] = useState<string>();
  const activeAt = active === undefined ? 0 : Math.max(ids.indexOf(active), 0);
  const size = wide ? ROW : CARD;
  const rows = useVirtualizer({
    count: ids.length,
    getScrollElement: () => frame.current,
    estimateSize: () => size,
    getItemKey: (index) => ids[index] ?? index,
    initialOffset: list.offset,
    scrollMargin: HEAD,
    scrollPaddingStart: HEAD,
    scrollPaddingEnd: size,
    overscan: 8,
    useFlushSync: false,
    // The row that has the focus stays, or the focus would be lost with it.
    rangeExtractor: (range) =>
      [...new Set([...defaultRangeExtractor(range), activeAt])]
        .filter((index) => index < ids.length)
        .sort((a, b) => a - b),
  });
  const { startIndex = 0, endIndex = 0 } = rows.range ?? {};
  useEffect(() => {
    if (endIndex >= ids.length - AHEAD && shape.more === "yes" && !shape.error) void list.extend();
    void list.ensure(startIndex, endIndex);
  }, [list, startIndex, endIndex, ids.length, shape]);

  const keys = useRowKeys({ ...props, active, activeAt, setActive, scrollTo: rows.scrollToIndex });
  const items = rows.getVirtualItems();
  const chosen = ids.length > 0 && ids.every((id) => isChosen(selection, id));
  return (
    <div
      ref={frame}
      data-calm={props.calm ? "" : undefined}
      onScroll={(event) => {
        list.offset = event.currentTarget.scrollTop;
      }}
      className="relative min-h-0 flex-1 overflow-auto overscroll-contain"
    >
      <table
        // biome-ignore lint/a11y/noNoninteractiveElementToInteractiveRole: rows are chosen and moved through, which is what a grid is
        role="grid"
        aria-label="Jobs"
        aria-multiselectable
        aria-rowcount={props.total === undefined ? -1 : props.total + 1}
        className={`w-full table-fixed border-separate border-spacing-0 text-left ${looks.length > 4 && wide ? "min-w-200" : ""}`}
      >
        <colgroup>
          <col style={{ width: wide ? "3.25rem" : "2.75rem" }} />
          {wide ? looks.map(({ id, width }) => <col key={id} style={{ width }} />) : <col />}
        </colgroup>
        <thead className="sticky top-0 z-10 bg-ground text-faint text-sm">
          <tr aria-rowindex={1} style={{ height: HEAD }}>
            <th scope="col" className="border-hairline border-b p-0 font-normal">
              <label className="grid h-[35px] w-9 cursor-pointer place-items-center md:ml-4">
                <input
                  type="checkbox"
                  aria-label="Choose all rows shown"
                  checked={chosen}
                  ref={(box) => {
                    if (box) box.indeterminate = !chosen && selection.ids.size > 0;
                  }}
                  onChange={() => onSelection(everyRow(selection, ids))}
                  className="size-3.5 cursor-pointer accent-ember-fill"
                />
              </label>
            </th>
            {wide ? (
              looks.map(({ id, name, align }) => (
                <th
                  key={id}
                  scope="col"
                  aria-sort={id === "created" ? "descending" : undefined}
                  className={`truncate border-hairline border-b px-2 font-normal last:pr-6 ${align ? "text-right" : ""}`}
                >
                  {name}
                  {id === "created" && <span aria-hidden> ↓</span>}
                </th>
              ))
            ) : (
              <th scope="col" className="border-hairline border-b font-normal">
                {COLUMN_NAMES.summary}
              </th>
            )}
          </tr>
        </thead>
        <tbody {...keys}>
          {items.flatMap(({ index, key }, nth) => {
            const id = ids[index];
            const gap = index - ((items[nth - 1]?.index ?? -1) + 1);
            const row = id !== undefined && (
              <JobRow
                key={key}
                list={list}
                id={id}
                index={index}
                columns={wide ? looks : undefined}
                chosen={isChosen(selection, id)}
                active={index === activeAt}
                current={id === current}
                height={size}
              />
            );
            return gap > 0 ? [<Gap key={`before ${key}`} rows={gap} size={size} />, row] : [row];
          })}
          <Gap rows={ids.length - 1 - (items.at(-1)?.index ?? -1)} size={size} />
        </tbody>
      </table>
      {props.foot}
    </div>
  );
}

/** As high as the rows that are not there. */
function Gap({ rows, size }: { rows: number; size: number }) {
  return (
    rows > 0 && (
      <tr aria-hidden style={{ height: rows * size }}>
        <td className="p-0" />
      </tr>
    )
  );
}
