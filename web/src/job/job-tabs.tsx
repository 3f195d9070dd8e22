import type { JobDetail } from "~/api/schema.ts";
import { ArtifactList } from "~/job/artifact-list.tsx";
import { AttemptList } from "~/job/attempt-list.tsx";
import { DeliveryList } from "~/job/delivery-list.tsx";
import { ErrorBox } from "~/job/error-box.tsx";
import { EventList } from "~/job/event-list.tsx";
import { TAIL } from "~/job/log-rows.ts";
import { LogView } from "~/job/log-view.tsx";
import { Related } from "~/job/related.tsx";
import type { JobSearch, JobTab } from "~/job/search.ts";
import { isEnd } from "~/job/timeline.ts";
import { count } from "~/lib/format.ts";
import { useStream } from "~/live/streams.ts";
import { ResultView } from "~/results/result-view.tsx";
import { Empty } from "~/ui/faces.tsx";
import { JsonView } from "~/ui/json-view.tsx";
import { Tabs } from "~/ui/tabs.tsx";

interface Props {
  readonly job: JobDetail;
  readonly search: JobSearch;
  readonly onSearch: (search: JobSearch) => void;
}

export function JobTabs({ job, search, onSearch }: Props) {
  const error = job.error !== null;
  const streams = useStream(job.id) !== undefined;
  return (
    <Tabs<JobTab>
      label="Parts of the job"
      open={search.tab ?? usualTab(job, streams)}
      onOpen={(tab) => onSearch({ tab })}
      tabs={[
        {
          name: "result",
          label: error ? "Error" : "Result",
          content: () => <Outcome job={job} streams={streams} />,
        },
        {
          name: "payload",
          label: "Payload",
          content: () => <JsonView value={job.payload} label="Payload" />,
        },
        {
          name: "logs",
          label: <Counted name="Logs" n={job.logs.length} more={job.logs.length >= TAIL} />,
          content: () => (
            <LogView
              key={job.id}
              job={job}
              line={search.line}
              onLine={(line) => onSearch(line ? { tab: "logs", line } : { tab: "logs" })}
            />
          ),
        },
        {
          name: "events",
          label: <Counted name="Events" n={job.events.length} />,
          content: () => <EventList job={job} />,
        },
        {
          name: "attempts",
          label: <Counted name="Attempts" n={job.attempts.length} />,
          content: () => <AttemptList job={job} />,
        },
        {
          name: "webhooks",
          label: <Counted name="Webhooks" n={job.webhooks.length} />,
          content: () => <DeliveryList job={job} />,
        },
        { name: "related", label: "Related", content: () => <Related job={job} /> },
        { name: "raw", label: "Raw", content: () => <JsonView value={job} label="Job" /> },
      ]}
    />
  );
}

/** What is looked for first: the outcome, what it writes, or what is to be done. */
function usualTab(job: JobDetail, streams: boolean): JobTab {
  if (job.error || job.status === "success" || streams) return "result";
  if (job.status === "running") return "logs";
  return job.status === "cancelled" ? "events" : "payload";
}

function Outcome({ job, streams }: { job: JobDetail; streams: boolean }) {
  const returned = job.result !== null && job.result !== undefined;
  return (
    <div className="flex flex-col gap-6">
      {job.error && <ErrorBox job={job} error={job.error} />}
      {(returned || streams) && (
        <section aria-label="Result">
          <h2 className="sr-only">Result</h2>
          <ResultView job={job} />
        </section>
      )}
      {!returned && !streams && !job.error && (
        <Empty title={isEnd(job.status) ? "It returned nothing" : "No result yet"}>
          <p>
            {isEnd(job.status)
              ? "What it did stands under Logs and Events."
              : "It stands here as soon as the job has succeeded."}
          </p>
        </Empty>
      )}
      <ArtifactList job={job} />
    </div>
  );
}

function Counted({ name, n, more = false }: { name: string; n: number; more?: boolean }) {
  return (
    <>
      {name}
      {n > 0 && (
        <span className="figures font-normal text-faint">
          {count(n)}
          {more && "+"}
        </span>
      )}
    </>
  );
}
