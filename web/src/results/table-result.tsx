import { useMemo, useState } from "react";
import { count, span } from "~/lib/format.ts";
import { SeriesPictures } from "~/results/bars.tsx";
import { ColumnCards } from "~/results/column-cards.tsx";
import { Grid } from "~/results/grid.tsx";
import { Numbers } from "~/results/numbers.tsx";
import type { ResultProps } from "~/results/props.ts";
import { type ColumnFacts, readTable, type TableShape } from "~/results/table-shape.ts";
import { Button } from "~/ui/button.tsx";
import { Shown } from "~/ui/shown.tsx";

const FIRST_COLUMNS = 8;

/** Rows and columns: what there is, how it is spread, and the first of it. */
export function TableResult({ result }: ResultProps) {
  const table = useMemo(() => readTable(result), [result]);
  if (!table) return null;
  const { rowsIn, rowsOut, columns, elapsedMs, rowsPerSecond, series, facts } = table;
  return (
    <div className="flex min-w-0 flex-col gap-7">
      <Numbers
        of={[
          ["Rows in", rowsIn !== undefined && count(rowsIn)],
          ["Rows out", rowsOut !== undefined && count(rowsOut)],
          ["Columns", count(columns.length)],
          ["Took", elapsedMs !== undefined && span(elapsedMs / 1000)],
          ["Rows per second", rowsPerSecond !== undefined && count(rowsPerSecond)],
        ]}
      />
      {series.length > 0 && <SeriesPictures series={series} />}
      <Rows table={table} />
      {facts.length > 0 && <Columns facts={facts} />}
    </div>
  );
}

function Rows({ table: { rows, rowsOut, columns, dataset } }: { table: TableShape }) {
  const shown =
    rowsOut !== undefined && rowsOut > rows.length
      ? `first ${count(rows.length)} of ${count(rowsOut)}`
      : count(rows.length);
  return (
    <div className="flex min-w-0 flex-col gap-2">
      <h3 className="flex items-baseline gap-2 font-medium">
        Rows
        <span className="truncate font-normal text-faint">
          {shown} {dataset && <Shown text={`· ${dataset}`} />}
        </span>
      </h3>
      {rows.length > 0 ? (
        <Grid label="Rows" columns={columns} rows={rows} />
      ) : (
        <p className="text-soft">No row came out.</p>
      )}
    </div>
  );
}

function Columns({ facts }: { facts: readonly ColumnFacts[] }) {
  const [all, setAll] = useState(false);
  const shown = all ? facts : facts.slice(0, FIRST_COLUMNS);
  const left = facts.length - shown.length;
  return (
    <section aria-label="Columns" className="flex flex-col gap-3">
      <h3 className="font-medium">Columns</h3>
      <ColumnCards facts={shown} />
      {left > 0 && (
        <div>
          <Button kind="quiet" onClick={() => setAll(true)}>
            Show {count(left)} more
          </Button>
        </div>
      )}
    </section>
  );
}
