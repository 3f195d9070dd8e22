import { type KeyboardEvent, type ReactNode, useRef, useState } from "react";
import { useShortcut } from "~/keys/keyboard.tsx";

export interface Column<Row> {
  readonly head: string;
  readonly cell: (row: Row) => ReactNode;
  /** Numbers stand at the end, so that their digits line up. */
  readonly align?: "end";
  /** A Tailwind width; the column without one takes what is left. */
  readonly width?: string;
  /** Left out on phones. */
  readonly wide?: true;
}

interface Props<Row> {
  readonly label: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  readonly rowKey: (row: Row) => string;
  readonly onOpen?: (row: Row) => void;
  /** The row that stands open beside the table. */
  readonly current?: string | undefined;
}

/** A table of some dozens of rows; `j`, `k` and Enter move and open. On a phone a row is a card. */
export function Table<Row>({ label, columns, rows, rowKey, onOpen, current }: Props<Row>) {
  const body = useRef<HTMLTableSectionElement>(null);
  const [at, setAt] = useState(0);

  function move(step: number): void {
    const next = Math.min(Math.max(focused(body.current) + step, 0), rows.length - 1);
    const row = body.current?.rows[next];
    row?.focus();
    row?.scrollIntoView({ block: "nearest" });
  }
  useShortcut("down", () => move(1));
  useShortcut("up", () => move(-1));

  return (
    <table aria-label={label} className="w-full border-collapse text-left">
      <thead className="max-md:sr-only">
        <tr className="h-9 border-hairline border-b text-faint text-sm">
          {columns.map(({ head, align, width }) => (
            <th
              key={head}
              scope="col"
              className={`px-2 font-normal first:pl-0 last:pr-0 ${align ? "text-right" : ""} ${width ?? ""}`}
            >
              {head}
            </th>
          ))}
        </tr>
      </thead>
      <tbody ref={body}>
        {rows.map((row, index) => (
          <tr
            key={rowKey(row)}
            tabIndex={onOpen ? (index === Math.min(at, rows.length - 1) ? 0 : -1) : undefined}
            aria-current={current === rowKey(row) ? "true" : undefined}
            onFocus={() => setAt(index)}
            onClick={onOpen && ((event) => isPlain(event.target) && onOpen(row))}
            onKeyDown={onOpen && ((event) => isOpening(event) && onOpen(row))}
            className={`h-9 border-hairline border-b -outline-offset-2 aria-[current]:bg-ember-wash max-md:flex max-md:h-auto max-md:flex-wrap max-md:items-center max-md:gap-x-3 max-md:gap-y-0.5 max-md:py-2 ${onOpen ? "cursor-pointer hover:bg-hover" : ""}`}
          >
            {columns.map(({ head, cell, align, wide }) => (
              <td
                key={head}
                className={`px-2 first:pl-0 last:pr-0 max-md:px-0 max-md:first:w-full md:py-1.5 ${align ? "md:text-right" : ""} ${wide ? "max-md:hidden" : ""}`}
              >
                {cell(row)}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function focused(body: HTMLTableSectionElement | null): number {
  const row = document.activeElement;
  return body && row instanceof HTMLTableRowElement ? [...body.rows].indexOf(row) : -1;
}

/** Controls inside a row answer for themselves. */
function isPlain(target: EventTarget): boolean {
  return target instanceof Element && !target.closest("a, button, input, label");
}

function isOpening({ key, target, currentTarget }: KeyboardEvent): boolean {
  return key === "Enter" && target === currentTarget;
}
