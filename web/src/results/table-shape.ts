/** A table with what is known about its columns, as `data_processing` gives it back. Pure. */
import { amount, each, type Fields, fields, list, words } from "~/results/reading.ts";

export interface Histogram {
  readonly from: number;
  readonly to: number;
  readonly counts: readonly number[];
}

export interface ColumnFacts {
  readonly name: string;
  readonly type: string;
  readonly nullsPct: number;
  readonly distinct?: number;
  readonly min?: unknown;
  readonly max?: unknown;
  readonly mean?: unknown;
  readonly histogram?: Histogram;
  readonly top: readonly { readonly value: unknown; readonly count: number }[];
}

export interface Line {
  readonly name: string;
  readonly points: readonly (readonly [unknown, number | null])[];
}

export interface TableShape {
  readonly operation: string;
  readonly dataset: string;
  readonly rowsIn?: number;
  readonly rowsOut?: number;
  readonly elapsedMs?: number;
  readonly rowsPerSecond?: number;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly unknown[])[];
  readonly facts: readonly ColumnFacts[];
  readonly series: readonly Line[];
}

/** Undefined when the result is no table. */
export function readTable(result: Fields): TableShape | undefined {
  const preview = fields(result.preview);
  const columns = list(preview?.columns);
  const rows = list(preview?.rows);
  if (!columns?.every((it) => typeof it === "string") || !rows?.every(Array.isArray)) return;
  const stats = fields(result.stats);
  return {
    operation: words(result.operation) ?? "",
    dataset: words(result.dataset) ?? "",
    ...given("rowsIn", amount(result.rows_in)),
    ...given("rowsOut", amount(result.rows_out)),
    ...given("elapsedMs", amount(stats?.elapsed_ms)),
    ...given("rowsPerSecond", amount(stats?.rows_per_second)),
    columns,
    rows,
    facts: each(result.schema, columnFacts),
    series: each(result.series, line),
  };
}

function columnFacts(value: unknown): ColumnFacts | undefined {
  const column = fields(value);
  const name = words(column?.name);
  if (!column || name === undefined) return;
  return {
    name,
    type: words(column.type) ?? "",
    nullsPct: amount(column.nulls_pct) ?? 0,
    ...given("distinct", amount(column.distinct)),
    ...given("min", column.min),
    ...given("max", column.max),
    ...given("mean", column.mean ?? undefined),
    ...given("histogram", histogram(column.histogram)),
    top: each(column.top, (it) => {
      const top = fields(it);
      const n = amount(top?.count);
      return n === undefined ? undefined : { value: top?.value, count: n };
    }),
  };
}

function histogram(value: unknown): Histogram | undefined {
  const it = fields(value);
  const [from, to] = [amount(it?.from), amount(it?.to)];
  const counts = each(it?.counts, amount);
  return from === undefined || to === undefined || counts.length === 0
    ? undefined
    : { from, to, counts };
}

function line(value: unknown): Line | undefined {
  const it = fields(value);
  const name = words(it?.name);
  if (name === undefined) return;
  const points = each(it?.points, (point) => {
    const pair = list(point);
    return pair?.length === 2 ? ([pair[0], amount(pair[1]) ?? null] as const) : undefined;
  });
  return points.length > 0 ? { name, points } : undefined;
}

/** A field where there is a value for it. */
function given<Name extends string, T>(name: Name, value: T | undefined) {
  return (value === undefined ? {} : { [name]: value }) as { readonly [K in Name]?: T };
}
