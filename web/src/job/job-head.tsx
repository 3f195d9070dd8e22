import { useQuery } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { jobTypeQuery } from "~/api/job.ts";
import type { JobDetail } from "~/api/schema.ts";
import { JobActions } from "~/job/job-actions.tsx";
import { Copy } from "~/ui/copy.tsx";
import { Notice } from "~/ui/faces.tsx";
import { Moment } from "~/ui/moment.tsx";
import { Shown } from "~/ui/shown.tsx";
import { Status } from "~/ui/status.tsx";
import { TypeIcon } from "~/ui/type-icon.tsx";

interface Props {
  readonly job: JobDetail;
  readonly gone: boolean;
  readonly compact: boolean;
}

/** What the job is, how it stands, and what can be done with it. */
export function JobHead({ job, gone, compact }: Props) {
  const { data: type } = useQuery(jobTypeQuery(job.type));
  const [refusal, setRefusal] = useState<Error>();
  return (
    <header className="flex flex-col gap-3">
      <div className="flex flex-wrap items-start gap-x-6 gap-y-3">
        <div className="flex min-w-0 flex-1 basis-80 flex-col gap-1.5">
          <p className={`flex items-center gap-2 text-soft ${compact ? "pr-10" : ""}`}>
            <TypeIcon name={type?.icon} />
            {type?.title ?? job.type}
          </p>
          <Heading compact={compact}>
            <Shown text={job.summary ?? `A job of type ${job.type}`} />
          </Heading>
          <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
            <span key={job.status} className="changed rounded font-medium">
              <Status status={job.status} />
            </span>
            {job.cancel_requested_at && job.status === "running" && (
              <span className="text-retrying">
                asked to stop <Moment at={job.cancel_requested_at} />
              </span>
            )}
            <span className="flex items-center gap-1">
              <span className="figures text-soft wrap-anywhere">{job.id}</span>
              <Copy text={job.id} what="the id" />
            </span>
          </div>
        </div>
        <div className={`flex items-center gap-2 ${compact ? "pr-9" : ""}`}>
          <JobActions job={job} gone={gone} compact={compact} onRefused={setRefusal} />
        </div>
      </div>
      {refusal && <Notice error={refusal} />}
    </header>
  );
}

/** The page's one `h1`; in a panel the list has it. */
function Heading({ compact, children }: { compact: boolean; children: ReactNode }) {
  const Tag = compact ? "h2" : "h1";
  return (
    <Tag
      className={`font-semibold tracking-tight wrap-anywhere ${compact ? "text-lg" : "text-xl leading-7"}`}
    >
      {children}
    </Tag>
  );
}
