import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { scheduleQuery } from "~/api/schedules.ts";
import type { ScheduleDetail } from "~/api/schema.ts";
import { count, span } from "~/lib/format.ts";
import { isJobFrame } from "~/live/apply.ts";
import { useRefresh } from "~/live/use-refresh.ts";
import { FireLog } from "~/schedules/fire-log.tsx";
import { FireStrip } from "~/schedules/fire-strip.tsx";
import { ScheduleActions } from "~/schedules/schedule-actions.tsx";
import { person } from "~/schedules/schedule-table.tsx";
import type { SchedulesSearch } from "~/schedules/search.ts";
import { Copy } from "~/ui/copy.tsx";
import { Failure, Skeleton } from "~/ui/faces.tsx";
import { Facts } from "~/ui/facts.tsx";
import { JsonView } from "~/ui/json-view.tsx";
import { Moment } from "~/ui/moment.tsx";
import { Fires } from "~/ui/order/fires.tsx";
import { MISSES, OVERLAPS } from "~/ui/order/timetable.ts";
import { Section } from "~/ui/page.tsx";
import { Panel } from "~/ui/panel.tsx";

interface Props {
  readonly id: string;
  readonly onClose: () => void;
  readonly onGo: (search: SchedulesSearch) => void;
}

/** A schedule with what comes and what was. */
export function ScheduleDetailPanel({ id, onClose, onGo }: Props) {
  const options = scheduleQuery(id);
  const query = useQuery({ ...options, refetchInterval: 15_000 });
  const jobs = new Set(query.data?.last_fires.map((it) => it.job_id));
  useRefresh(options.queryKey, (frame) => isJobFrame(frame) && jobs.has(frame.job_id), 5_000);
  return (
    <Panel label={query.data?.name ?? "Schedule"} onClose={onClose}>
      {!query.data && (
        <div className="px-4 pt-12 md:px-6">
          {query.isError ? (
            <Failure error={query.error} onRetry={() => query.refetch()} />
          ) : (
            <Skeleton rows={12} />
          )}
        </div>
      )}
      {query.data && <Detail schedule={query.data} onClose={onClose} onGo={onGo} />}
    </Panel>
  );
}

type DetailProps = Omit<Props, "id"> & { readonly schedule: ScheduleDetail };

function Detail({ schedule, onClose, onGo }: DetailProps) {
  return (
    <div className="flex flex-col gap-6 px-4 pt-4 pb-12 md:px-6">
      <header className="flex flex-col gap-3 pr-10">
        <div>
          <h2 className="wrap-anywhere font-semibold text-lg">{schedule.name}</h2>
          <p className="text-soft first-letter:uppercase">{schedule.words}</p>
        </div>
        <ScheduleActions schedule={schedule} onGone={onClose} onGo={onGo} />
      </header>
      {schedule.paused && schedule.paused_at && (
        <p className="border-retrying border-l-2 py-0.5 pl-3">
          Paused by {person(schedule.paused_by)} <Moment at={schedule.paused_at} />:{" "}
          {schedule.pause_reason}
        </p>
      )}
      <Section
        title="History"
        note={told(schedule.counts)}
        actions={
          <Link
            to="/jobs"
            search={{ q: `schedule:${schedule.id}` }}
            className="text-ember underline-offset-2 hover:underline"
          >
            Show jobs
          </Link>
        }
      >
        <FireStrip fires={schedule.last_fires} />
        <FireLog id={schedule.id} />
      </Section>
      <Section title="Next runs" note={schedule.paused ? "once resumed" : undefined}>
        <Fires fires={schedule.next_fires} zone={schedule.timezone} />
      </Section>
      <Section title="Settings">
        <Facts facts={factsOf(schedule)} />
      </Section>
      <Section title="Submits">
        <JsonView value={schedule.template} label="Template" />
      </Section>
    </div>
  );
}

/** Of the last thousand. */
function told({ jobs, skipped, held }: ScheduleDetail["counts"]): string {
  return [
    `${count(jobs)} ${jobs === 1 ? "job" : "jobs"}`,
    ...(skipped > 0 ? [`${count(skipped)} skipped`] : []),
    ...(held > 0 ? [`${count(held)} waiting`] : []),
  ].join(", ");
}

function factsOf(it: ScheduleDetail): readonly (readonly [string, ReactNode])[] {
  return [
    ["Cron", it.cron && <Figures text={it.cron} />],
    ["Every", it.interval_seconds && <Figures text={span(it.interval_seconds)} />],
    ["Time zone", it.cron && <Figures text={it.timezone} />],
    ["Starts", it.starts_at && <Moment at={it.starts_at} as="clock" />],
    ["Ends", it.ends_at && <Moment at={it.ends_at} as="clock" />],
    ["While one runs", OVERLAPS[it.overlap]],
    ["Missed runs", MISSES[it.missed]],
    ["Spread", it.jitter_seconds > 0 ? span(it.jitter_seconds) : null],
    ["Created", <Moment key="created" at={it.created_at} as="clock" />],
    ["Version", <Figures key="version" text={String(it.version)} />],
    [
      "Id",
      <span key="id" className="inline-flex items-center gap-1">
        <Figures text={it.id} />
        <Copy text={it.id} what="the id" />
      </span>,
    ],
  ];
}

function Figures({ text }: { text: string }) {
  return <span className="figures wrap-anywhere">{text}</span>;
}
