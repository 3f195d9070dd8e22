import { type KeyboardEvent, type MouseEvent, type ReactNode, useRef, useState } from "react";
import { useShortcut } from "~/keys/keyboard.tsx";

export interface Column<Row> {
  readonly head: string;
  readonly cell: (row: Row) => ReactNode;
  /** Numbers stand at the end, so that their digits line up. */
  readonly align?: "end";
  /** A Tailwind width; the column without one takes what is left. */
  readonly width?: string;
  /** Left out where there is little room: on phones, and beside a panel. */
  readonly wide?: true;
  /** Left out beside a panel, which says it too. */
  readonly spare?: true;
  /** What the value is, on a phone: no head stands over it there. */
  readonly phone?: string;
  /** Where it stands on a phone's card: a line of its own, or the upper corner. */
  readonly place?: "line" | "corner";
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

/** By the room of the table itself, which a panel takes away. */
const NARROW = { wide: "@max-3xl:hidden", spare: "md:@max-3xl:hidden" };
const PLACES = { line: "max-md:w-full", corner: "max-md:absolute max-md:top-1 max-md:right-0" };

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
    <div className="@container -mx-2 overflow-x-auto">
      <table aria-label={label} className="w-full border-collapse text-left">
        <thead className="max-md:sr-only">
          <tr className="h-9 border-hairline border-b text-faint text-sm">
            {columns.map((column) => (
              <th
                key={column.head}
                scope="col"
                className={`whitespace-nowrap px-2 font-normal ${column.width ?? ""} ${shape(column)}`}
              >
                {column.head}
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
              onClick={onOpen && ((event) => isPlain(event) && onOpen(row))}
              onKeyDown={onOpen && ((event) => isOpening(event) && onOpen(row))}
              className={`h-9 border-hairline border-b -outline-offset-2 standing-open max-md:relative max-md:flex max-md:h-auto max-md:flex-wrap max-md:items-center max-md:gap-x-3 max-md:gap-y-0.5 max-md:px-2 max-md:py-2 ${onOpen ? "cursor-pointer hover:bg-hover" : ""}`}
            >
              {columns.map((column) => (
                <td
                  key={column.head}
                  className={`max-md:first:w-full md:px-2 md:py-0.5 ${shape(column)} ${column.place ? PLACES[column.place] : ""}`}
                >
                  {column.phone && (
                    <span aria-hidden className="text-faint text-sm md:hidden">
                      {column.phone}{" "}
                    </span>
                  )}
                  {column.cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function shape<Row>({ align, wide, spare }: Column<Row>): string {
  return `${align ? "md:text-right" : ""} ${wide ? NARROW.wide : ""} ${spare ? NARROW.spare : ""}`;
}

function focused(body: HTMLTableSectionElement | null): number {
  const row = document.activeElement;
  return body && row instanceof HTMLTableRowElement ? [...body.rows].indexOf(row) : -1;
}

/** Controls inside a row answer for themselves, and so do menus that they open elsewhere. */
function isPlain({ target, currentTarget }: MouseEvent): boolean {
  return (
    target instanceof Element &&
    currentTarget.contains(target) &&
    !target.closest("a, button, input, label")
  );
}

function isOpening({ key, target, currentTarget }: KeyboardEvent): boolean {
  return key === "Enter" && target === currentTarget;
}
