import {
  columnOrderingFeature,
  columnVisibilityFeature,
  tableFeatures,
  useTable,
} from "@tanstack/react-table";
import { type ReactNode, useMemo } from "react";
import type { JobItem } from "~/api/schema.ts";
import { COLUMN_IDS, COLUMN_NAMES, type ColumnId } from "~/jobs/column-choice.ts";
import { ProgressBar } from "~/jobs/progress-bar.tsx";
import { Moment, Took } from "~/ui/moment.tsx";
import { Status } from "~/ui/status.tsx";

interface ColumnLook {
  /** CSS; the column without one takes what is left. */
  readonly width?: string;
  readonly align?: "end";
  readonly cell: (job: JobItem) => ReactNode;
  /** What, when it changes, is shown to have changed. */
  readonly tells?: (job: JobItem) => unknown;
}

const LOOKS: Record<ColumnId, ColumnLook> = {
  status: {
    width: "8rem",
    cell: ({ status }) => <Status status={status} />,
    tells: ({ status }) => status,
  },
  type: { width: "9.5rem", cell: ({ type }) => <span className="figures text-soft">{type}</span> },
  summary: { cell: () => null },
  progress: { width: "8rem", cell: (job) => <ProgressBar job={job} /> },
  priority: {
    width: "5.5rem",
    cell: ({ priority }) => <span className="text-soft">{priority}</span>,
    tells: ({ priority }) => priority,
  },
  queue: {
    width: "5.5rem",
    cell: ({ priority }) => (
      <span className="text-soft">{priority === "normal" ? "default" : priority}</span>
    ),
  },
  attempt: {
    width: "5rem",
    align: "end",
    cell: ({ attempt, failures, max_retries }) => (
      <span
        className="figures text-soft"
        title={`Started ${attempt} ×, failed ${failures} × of ${max_retries + 1} allowed`}
      >
        {attempt}
        <span className="text-faint">/{max_retries + 1}</span>
      </span>
    ),
    tells: ({ attempt }) => attempt,
  },
  created: { width: "7.5rem", align: "end", cell: ({ created_at }) => when(created_at) },
  started: { width: "7.5rem", align: "end", cell: ({ started_at }) => when(started_at) },
  finished: { width: "7.5rem", align: "end", cell: ({ finished_at }) => when(finished_at) },
  took: {
    width: "6rem",
    align: "end",
    cell: ({ duration_seconds, status, started_at }) => (
      <span className="text-soft">
        <Took
          seconds={status === "running" ? null : duration_seconds}
          from={status === "running" ? started_at : null}
        />
      </span>
    ),
  },
  worker: { width: "6.5rem", cell: ({ worker_id }) => digits(worker_id) },
  tags: {
    width: "9rem",
    cell: ({ tags }) => <span className="text-soft">{tags.join(", ")}</span>,
  },
  id: { width: "9.5rem", cell: ({ id }) => digits(id) },
};

function when(at: string | null): ReactNode {
  return (
    at && (
      <span className="text-soft">
        <Moment at={at} />
      </span>
    )
  );
}

/** The last digits of an id tell jobs of one moment apart; all of them stand in the tooltip. */
function digits(id: string | null): ReactNode {
  return (
    id && (
      <span className="figures text-soft" title={id}>
        …{id.slice(-12)}
      </span>
    )
  );
}

const features = tableFeatures({
  columnOrderingFeature,
  columnVisibilityFeature,
  columnMeta: {} as ColumnLook,
});

const columns = COLUMN_IDS.map((id) => ({ id, header: COLUMN_NAMES[id], meta: LOOKS[id] }));

/** Rows stand in a store of their own: a row model would be made anew with every event. */
const NO_ROWS: JobItem[] = [];

export interface ShownColumn extends ColumnLook {
  readonly id: ColumnId;
  readonly name: string;
}

/** The columns that are shown, in order; the same array as long as the choice is the same. */
export function useColumns(chosen: readonly ColumnId[]): readonly ShownColumn[] {
  const state = useMemo(
    () => ({
      columnOrder: [...chosen],
      columnVisibility: Object.fromEntries(COLUMN_IDS.map((id) => [id, chosen.includes(id)])),
    }),
    [chosen],
  );
  const shown = useTable({ features, columns, data: NO_ROWS, state }).getVisibleLeafColumns();
  return useMemo(
    () =>
      shown.map(({ id }) => {
        const name = id as ColumnId;
        return { id: name, name: COLUMN_NAMES[name], ...LOOKS[name] };
      }),
    [shown],
  );
}
