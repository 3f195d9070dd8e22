import { useVirtualizer } from "@tanstack/react-virtual";
import { useMemo, useRef } from "react";
import { cellText, isNumeric } from "~/results/reading.ts";
import { Shown } from "~/ui/shown.tsx";

const ROW = 32;
const MOST_SHOWN = 300;
const NARROWEST = 64;
const WIDEST = 320;
const LETTER = 8;
const LOOKED_AT = 60;

interface Props {
  readonly label: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly unknown[])[];
}

/** Rows of any values, in a frame of their own that scrolls both ways; only what is seen is drawn. */
export function Grid({ label, columns, rows }: Props) {
  const frame = useRef<HTMLDivElement>(null);
  const list = useVirtualizer({
    count: rows.length,
    getScrollElement: () => frame.current,
    estimateSize: () => ROW,
    overscan: 8,
  });
  const shape = useMemo(() => shapeOf(columns, rows), [columns, rows]);
  const template = { gridTemplateColumns: shape.map(({ width }) => `${width}px`).join(" ") };

  return (
    <section
      ref={frame}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keyboard
      tabIndex={0}
      aria-label={label}
      className="max-h-120 overflow-auto border-hairline border-y"
    >
      <table
        aria-label={label}
        aria-rowcount={rows.length + 1}
        className="block w-max min-w-full text-left"
      >
        <thead className="sticky top-0 z-10 block bg-ground">
          <tr className="grid h-8 items-center border-hairline border-b" style={template}>
            {columns.map((name, at) => (
              <th
                // biome-ignore lint/suspicious/noArrayIndexKey: two columns may have one name
                key={at}
                scope="col"
                title={name}
                className={`truncate px-2 font-normal text-faint text-sm ${shape[at]?.numeric ? "text-right" : ""}`}
              >
                <Shown text={name} />
              </th>
            ))}
          </tr>
        </thead>
        <tbody className="relative block" style={{ height: list.getTotalSize() }}>
          {list.getVirtualItems().map(({ index, start }) => (
            <tr
              key={index}
              aria-rowindex={index + 2}
              style={{ ...template, height: ROW, transform: `translateY(${start}px)` }}
              className="absolute inset-x-0 grid items-center border-hairline border-b hover:bg-hover"
            >
              {columns.map((_, at) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: a cell is known by its place
                <Cell key={at} value={rows[index]?.[at]} />
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function Cell({ value }: { value: unknown }) {
  if (value === null || value === undefined) {
    return <td className="px-2 text-faint">null</td>;
  }
  const text = cellText(value);
  return (
    <td
      title={text.slice(0, MOST_SHOWN)}
      className={`figures truncate px-2 ${isNumeric(value) ? "text-right" : ""}`}
    >
      <Shown text={text.slice(0, MOST_SHOWN)} />
    </td>
  );
}

/** How wide each column is, by its first rows, and whether it holds numbers. */
function shapeOf(columns: readonly string[], rows: readonly (readonly unknown[])[]) {
  const some = rows.slice(0, LOOKED_AT);
  return columns.map((name, at) => {
    const values = some.map((row) => row[at]).filter((it) => it !== null && it !== undefined);
    const letters = Math.max(name.length, ...values.map((it) => cellText(it).length));
    return {
      numeric: values.length > 0 && values.every(isNumeric),
      width: Math.min(Math.max(letters * LETTER + 20, NARROWEST), WIDEST),
    };
  });
}
