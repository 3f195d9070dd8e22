import { useInfiniteQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { operationItemsQuery } from "~/api/operations.ts";
import type { OperationItem, OperationView, Outcome, Reason, StopReason } from "~/api/schema.ts";
import { headline } from "~/jobs/bulk-words.ts";
import { OUTCOMES } from "~/jobs/operation-search.ts";
import { isLive, OperationProgress, StopButton, useOperation } from "~/jobs/operation-strip.tsx";
import { count } from "~/lib/format.ts";
import { isJobFrame } from "~/live/apply.ts";
import { useRefresh } from "~/live/use-refresh.ts";
import { Button } from "~/ui/button.tsx";
import { Copy } from "~/ui/copy.tsx";
import { Empty, Failure, Skeleton } from "~/ui/faces.tsx";
import { Facts } from "~/ui/facts.tsx";
import { Moment } from "~/ui/moment.tsx";
import { Page, Section } from "~/ui/page.tsx";
import { Status } from "~/ui/status.tsx";
import { type Column, Table } from "~/ui/table.tsx";

const route = getRouteApi("/operations/$operationId");
const TOLD_MS = 5_000;

const REASONS: Record<Reason, string> = {
  ended: "It had ended.",
  not_ended: "It had not ended.",
  not_waiting: "It did not wait any more.",
  succeeded: "It had succeeded; a success is never run again.",
  stop_asked: "Its worker had been asked to stop it already.",
  same_priority: "It had this priority already.",
  changed: "It no longer matched.",
  busy: "Somebody else was at it.",
  not_found: "It was not there any more.",
  out_of_reach: "The API key does not reach it.",
};

const STOPS: Record<StopReason, string> = {
  asked: "Somebody stopped it.",
  account_disabled: "The account that asked was disabled.",
  role_too_low: "The account that asked may not do this any more.",
  key_revoked: "The API key that asked was revoked.",
  repeated_failure: "The same jobs failed again and again; the scheduler's log has the error.",
};

/** One bulk operation: how far it is, and what became of each job. */
export function OperationPage() {
  const { operationId } = route.useParams();
  const { data, error, isPending, refetch } = useOperation(operationId);
  return (
    <Page
      title={data ? headline(data) : "Bulk operation"}
      actions={data && <StopButton operation={data} />}
    >
      {isPending && <Skeleton rows={8} />}
      {error && !data && <Failure error={error} onRetry={() => void refetch()} />}
      {data && (
        <>
          <OperationProgress operation={data} />
          <About operation={data} />
          <Items operation={data} />
        </>
      )}
    </Page>
  );
}

function About({ operation }: { operation: OperationView }) {
  const { id, actor, reason, created_at, started_at, finished_at, stop_reason } = operation;
  return (
    <div className="max-w-160">
      <Facts
        facts={[
          [
            "Id",
            <Copy key="id" text={id} what="the id">
              {id}
            </Copy>,
          ],
          ["Asked by", actor ?? "a deleted account"],
          ["Reason", reason],
          ["Asked", <Moment key="asked" at={created_at} />],
          ["Begun", started_at && <Moment key="begun" at={started_at} />],
          ["Ended", finished_at && <Moment key="ended" at={finished_at} />],
          ["Stopped", stop_reason && STOPS[stop_reason]],
        ]}
      />
    </div>
  );
}

const COLUMNS: readonly Column<OperationItem>[] = [
  {
    head: "Job",
    cell: ({ job_id }) => (
      <Link to="/jobs/$jobId" params={{ jobId: job_id }} className="figures hover:underline">
        {job_id}
      </Link>
    ),
  },
  { head: "Was", width: "w-36", cell: ({ status }) => status && <Status status={status} /> },
  { head: "Outcome", width: "w-28", cell: ({ outcome }) => outcome },
  {
    head: "Why",
    width: "w-96",
    cell: ({ reason }) => <span className="text-soft">{reason && REASONS[reason]}</span>,
  },
];

function Items({ operation }: { operation: OperationView }) {
  const { outcome } = route.useSearch();
  const navigate = route.useNavigate();
  const wanted = operationItemsQuery(operation.id, outcome);
  const query = useInfiniteQuery(wanted);
  useRefresh(wanted.queryKey, (frame) => isLive(operation) && isJobFrame(frame), TOLD_MS);
  const rows = query.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <Section
      title="Jobs"
      actions={
        <Choice
          operation={operation}
          outcome={outcome}
          onOutcome={(next) => void navigate({ search: next ? { outcome: next } : {} })}
        />
      }
    >
      {query.isPending && <Skeleton rows={6} />}
      {query.isError && <Failure error={query.error} onRetry={() => void query.refetch()} />}
      {query.isSuccess && rows.length === 0 && (
        <Empty title={isLive(operation) ? "None had their turn yet" : "None"} />
      )}
      {rows.length > 0 && (
        <Table label="Jobs" columns={COLUMNS} rows={rows} rowKey={(it) => it.job_id} />
      )}
      {query.hasNextPage && (
        <div>
          <Button onClick={() => void query.fetchNextPage()}>Show more</Button>
        </div>
      )}
    </Section>
  );
}

interface ChoiceProps {
  readonly operation: OperationView;
  readonly outcome: Outcome | undefined;
  readonly onOutcome: (outcome: Outcome | undefined) => void;
}

function Choice({ operation, outcome, onOutcome }: ChoiceProps) {
  return [undefined, ...OUTCOMES].map((it) => (
    <button
      key={it ?? "all"}
      type="button"
      aria-pressed={outcome === it}
      onClick={() => onOutcome(it)}
      className="h-8 cursor-pointer rounded-md px-2 text-soft first-letter:uppercase hover:bg-hover aria-pressed:bg-hover aria-pressed:text-ink aria-pressed:inset-ring aria-pressed:inset-ring-edge"
    >
      {it ?? "all"} {it && <span className="figures">{count(operation[it])}</span>}
    </button>
  ));
}
