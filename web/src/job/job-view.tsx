import { useState } from "react";
import { isWaiting } from "~/job/allowed.ts";
import { FactStrip } from "~/job/fact-strip.tsx";
import { JobHead } from "~/job/job-head.tsx";
import { JobTabs } from "~/job/job-tabs.tsx";
import { LostJob } from "~/job/lost-job.tsx";
import { ProgressBox } from "~/job/progress-box.tsx";
import type { JobSearch } from "~/job/search.ts";
import { TimeBar } from "~/job/time-bar.tsx";
import { useJob } from "~/job/use-job.ts";
import { WhyBox } from "~/job/why-box.tsx";
import { Notice, Skeleton } from "~/ui/faces.tsx";

interface Props {
  readonly jobId: string;
  /** In a panel beside a list. */
  readonly compact?: boolean;
  /** What of it is open, where an address says so; a panel remembers it by itself. */
  readonly search?: JobSearch;
  readonly onSearch?: (search: JobSearch) => void;
}

/** Everything about one job, live. */
export function JobView({ jobId, ...props }: Props) {
  return <View key={jobId} jobId={jobId} {...props} />;
}

function View({ jobId, compact = false, search, onSearch }: Props) {
  const { query, gone } = useJob(jobId);
  const [own, setOwn] = useState<JobSearch>({});
  const job = query.data;
  const room = compact ? "px-4 pt-4 pb-8 md:px-5" : "px-4 pt-5 pb-12 md:px-6";
  return (
    <article
      aria-label={job?.summary ?? `Job ${jobId}`}
      className={`mx-auto flex w-full max-w-400 flex-col gap-5 ${room}`}
    >
      {query.isPending && <Waiting compact={compact} />}
      {!job && query.error && (
        <LostJob jobId={jobId} error={query.error} onRetry={() => void query.refetch()} />
      )}
      {job && (
        <>
          {gone && (
            <p role="status" className="border-dead border-l-2 py-0.5 pl-4">
              <span className="font-medium">This job was deleted.</span>{" "}
              <span className="text-soft">What is shown is what was known of it before.</span>
            </p>
          )}
          {!gone && query.error && <Notice error={query.error} />}
          <JobHead job={job} gone={gone} compact={compact} />
          <FactStrip job={job} gone={gone} />
          {!gone && isWaiting(job.status) && <WhyBox job={job} />}
          {!gone && job.status === "running" && <ProgressBox key={job.attempt} job={job} />}
          <TimeBar job={job} />
          <JobTabs job={job} search={search ?? own} onSearch={onSearch ?? setOwn} />
        </>
      )}
    </article>
  );
}

/** The size of what is to come. */
function Waiting({ compact }: { compact: boolean }) {
  const Tag = compact ? "h2" : "h1";
  return (
    <div>
      <Tag className="sr-only">Job</Tag>
      <Skeleton rows={1} height={92} />
      <Skeleton rows={2} height={56} />
      <Skeleton rows={8} />
    </div>
  );
}
