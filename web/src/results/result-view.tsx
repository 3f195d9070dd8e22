import { useQuery } from "@tanstack/react-query";
import type { ComponentType } from "react";
import { jobTypeQuery } from "~/api/job.ts";
import type { JobDetail, TypeDescriptionViewer } from "~/api/schema.ts";
import { useStream } from "~/live/streams.ts";
import { CrawlResult } from "~/results/crawl-result.tsx";
import { FindingsResult } from "~/results/findings-result.tsx";
import { LiveText } from "~/results/live-text.tsx";
import { MailResult } from "~/results/mail-result.tsx";
import type { ResultProps } from "~/results/props.ts";
import { type Fields, fields, warningsOf } from "~/results/reading.ts";
import { TableResult } from "~/results/table-result.tsx";
import { TextResult } from "~/results/text-result.tsx";
import { type Reading, viewersOf } from "~/results/viewers.ts";
import { Warnings } from "~/results/warnings.tsx";
import { Empty, Skeleton } from "~/ui/faces.tsx";
import { JsonView } from "~/ui/json-view.tsx";

const VIEWS: Readonly<Record<Reading, ComponentType<ResultProps>>> = {
  table: TableResult,
  crawl: CrawlResult,
  text: TextResult,
  findings: FindingsResult,
  mail: MailResult,
};

/** What a job gave back, as its type means it to be seen; JSON where that cannot be done. */
export function ResultView({ job }: { job: JobDetail }) {
  const stream = useStream(job.id);
  const type = useQuery(jobTypeQuery(job.type));
  const result = fields(job.result);
  if (job.result === null || job.result === undefined) {
    return (
      <div className="flex flex-col gap-4">
        {stream ? <LiveText stream={stream} /> : <Nothing job={job} />}
      </div>
    );
  }
  if (type.isPending) return <Skeleton rows={8} />;
  return (
    <div className="flex min-w-0 flex-col gap-6">
      {result && <Warnings warnings={warningsOf(result)} />}
      <Typed job={job} viewer={type.data?.viewer} result={result} />
    </div>
  );
}

interface TypedProps {
  readonly job: JobDetail;
  /** Undefined when the type is not installed any more: then the shape alone decides. */
  readonly viewer: TypeDescriptionViewer | undefined;
  readonly result: Fields | undefined;
}

function Typed({ job, viewer, result }: TypedProps) {
  const reading = result && viewersOf(result, viewer);
  if (!reading || !result) return <JsonView value={job.result} label="Result" />;
  const View = VIEWS[reading];
  return <View job={job} result={result} />;
}

/** Why there is nothing, and what comes next. */
function Nothing({ job: { status, type } }: { job: JobDetail }) {
  if (status === "success") {
    return <Empty title="Done, with nothing to show">The job gave nothing back.</Empty>;
  }
  if (status === "failed" || status === "dead_letter" || status === "cancelled") {
    return <Empty title="No result">The job ended without one.</Empty>;
  }
  const next =
    status === "running"
      ? `It appears here when ${type} has done its work.`
      : "It appears here when the job has run.";
  return <Empty title="No result yet">{next}</Empty>;
}
