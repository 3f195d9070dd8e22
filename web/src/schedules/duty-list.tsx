import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { CircleAlert, CircleCheck, CircleHelp, Clock } from "lucide-react";
import { dutiesQuery } from "~/api/schedules.ts";
import type { DutyView } from "~/api/schema.ts";
import { count, span } from "~/lib/format.ts";
import { Failure, Skeleton } from "~/ui/faces.tsx";
import { Moment } from "~/ui/moment.tsx";
import { Page, Section } from "~/ui/page.tsx";
import { type Column, Table } from "~/ui/table.tsx";

/** What the system does by itself; nobody can change it, so it keeps quiet. */
export function DutyList() {
  const query = useQuery({ ...dutiesQuery, refetchInterval: 15_000 });
  const duties = query.data?.items ?? [];
  return (
    <Page
      title="System tasks"
      actions={
        <Link
          to="/schedules"
          className="px-2 text-soft underline-offset-2 hover:text-ink hover:underline"
        >
          Schedules
        </Link>
      }
    >
      {query.isPending && <Skeleton rows={12} />}
      {query.isError && <Failure error={query.error} onRetry={() => query.refetch()} />}
      {query.isSuccess && (
        <>
          <Duties title="Moving jobs" duties={duties.filter((it) => !it.upkeep)} />
          <Duties title="Housekeeping" duties={duties.filter((it) => it.upkeep)} />
        </>
      )}
    </Page>
  );
}

function Duties({ title, duties }: { title: string; duties: readonly DutyView[] }) {
  return (
    <Section title={title}>
      <Table label={title} rows={duties} rowKey={(it) => it.name} columns={COLUMNS} />
    </Section>
  );
}

const COLUMNS: readonly Column<DutyView>[] = [
  { head: "Task", cell: (it) => it.words },
  { head: "Health", width: "w-48", cell: (it) => <Health duty={it} /> },
  {
    head: "Every",
    width: "w-24",
    align: "end",
    cell: (it) => <Figures text={it.every_seconds === null ? "" : span(it.every_seconds)} />,
  },
  {
    head: "Last run",
    width: "w-28",
    align: "end",
    cell: (it) =>
      it.ran_at && (
        <span className="text-soft">
          <Moment at={it.ran_at} />
        </span>
      ),
  },
  {
    head: "Took",
    width: "w-24",
    align: "end",
    wide: true,
    cell: (it) => <Figures text={it.seconds === null ? "" : span(it.seconds)} />,
  },
  {
    head: "Handled",
    width: "w-24",
    align: "end",
    wide: true,
    cell: (it) => <Figures text={it.did === null ? "" : count(it.did)} />,
  },
  {
    head: "Total",
    width: "w-28",
    align: "end",
    wide: true,
    cell: (it) => <Figures text={it.total === null ? "" : count(it.total)} />,
  },
];

function Figures({ text }: { text: string }) {
  return <span className="figures whitespace-nowrap text-soft">{text}</span>;
}

function Health({ duty: { lag_seconds: lag, ok, error } }: { duty: DutyView }) {
  const [Icon, tone, words] =
    lag === null
      ? ([CircleHelp, "text-faint", "No report yet"] as const)
      : ok === false
        ? ([CircleAlert, "text-failed", `Failed: ${error}`] as const)
        : lag > 0
          ? ([Clock, "text-retrying", `${span(lag)} late`] as const)
          : ([CircleCheck, "text-success", "Healthy"] as const);
  return (
    <span className={`inline-flex items-center gap-1.5 ${tone}`}>
      <Icon aria-hidden className="size-3.5 shrink-0" strokeWidth={2.25} />
      {words}
    </span>
  );
}
