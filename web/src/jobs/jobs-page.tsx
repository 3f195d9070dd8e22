import { useQuery } from "@tanstack/react-query";
import { useRef } from "react";
import { summaryQuery } from "~/api/jobs.ts";
import { ApiProblem } from "~/api/problem.ts";
import { BulkActions } from "~/jobs/bulk-actions.tsx";
import { ColumnChooser } from "~/jobs/column-chooser.tsx";
import { countFrom } from "~/jobs/filters.ts";
import { FreshButton } from "~/jobs/fresh-button.tsx";
import { JobPanel } from "~/jobs/job-panel.tsx";
import { JobTable } from "~/jobs/job-table.tsx";
import { ListBody } from "~/jobs/list-body.tsx";
import { ListFoot } from "~/jobs/list-foot.tsx";
import { ListHead } from "~/jobs/list-head.tsx";
import { useAddress } from "~/jobs/use-address.ts";
import { useChosenColumns } from "~/jobs/use-chosen-columns.ts";
import { useJobList } from "~/jobs/use-job-list.ts";
import { useSelection } from "~/jobs/use-selection.ts";
import { useShortcut } from "~/keys/keyboard.tsx";

/** What fits beside an open job. */
const NARROW = ["status", "summary", "created"] as const;

export function JobsPage() {
  const { job, filters, setFilters, openJob, openFully, closeJob } = useAddress();
  const [columns, setColumns] = useChosenColumns();
  const { selection, some, setSelection } = useSelection(filters);
  const frame = useRef<HTMLDivElement>(null);
  const { data: summary } = useQuery(summaryQuery);

  const shown = useJobList(filters, () => !some && !job && isUntouched(frame.current));
  const { list, shape, failure } = shown;
  const refused = isRefusal(failure) ? failure : undefined;
  const total = countFrom(filters, summary);

  function showFresh(): void {
    frame.current?.scrollTo({ top: 0 });
    void list.showFresh();
  }
  useShortcut("fresh", showFresh);
  useShortcut("open", () => job && openFully(job));

  return (
    <div className="flex h-full min-h-0">
      <div className="flex min-w-0 flex-1 flex-col">
        <ListHead
          list={list}
          filters={filters}
          onFilters={setFilters}
          summary={summary}
          refused={refused}
          narrow={job !== undefined}
          actions={!job && <ColumnChooser columns={columns} onColumns={setColumns} />}
        />
        <div className="relative flex min-h-0 flex-1 flex-col" aria-busy={shown.lags}>
          <FreshButton shape={shape} onShow={showFresh} />
          <ListBody
            shown={shown}
            refused={refused !== undefined}
            filters={filters}
            onFilters={setFilters}
            empty={summary?.total === 0}
          >
            <JobTable
              key={list.key}
              list={list}
              shape={shape}
              total={shape.more === "no" ? shape.ids.length : total}
              columns={job ? NARROW : columns}
              selection={selection}
              onSelection={setSelection}
              current={job}
              onOpen={openJob}
              calm={shown.calm}
              frame={frame}
              foot={<ListFoot list={list} shape={shape} total={total} />}
            />
          </ListBody>
        </div>
        <BulkActions
          list={list}
          shape={shape}
          filters={filters}
          total={total}
          selection={selection}
          onSelection={setSelection}
          frame={frame}
          job={job}
        />
      </div>
      {job && <JobPanel jobId={job} onClose={closeJob} />}
    </div>
  );
}

/** Whether rows may move: it stands at the top, and neither pointer nor focus is among them. */
function isUntouched(frame: HTMLElement | null): boolean {
  const rows = frame?.querySelector("tbody");
  if (!frame || !rows) return true;
  return frame.scrollTop < 8 && !rows.matches(":hover") && !rows.contains(document.activeElement);
}

function isRefusal(error: Error | undefined): error is ApiProblem {
  return error instanceof ApiProblem && error.code === "bad_query";
}
