import { useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { type ReactNode, useState } from "react";
import { changePriority, jobQuery } from "~/api/job.ts";
import type { JobDetail, Priority } from "~/api/schema.ts";
import { unlessStatus } from "~/job/allowed.ts";
import { Host } from "~/job/host.tsx";
import { submitter } from "~/job/people.ts";
import { span } from "~/lib/format.ts";
import { useUnless } from "~/session/use-session.ts";
import { Notice } from "~/ui/faces.tsx";
import { Moment } from "~/ui/moment.tsx";
import { Select } from "~/ui/select.tsx";
import { Shown } from "~/ui/shown.tsx";

const PRIORITIES: readonly Priority[] = ["critical", "high", "normal", "low"];

/** The facts that are looked for most, in a strip that wraps. */
export function FactStrip({ job, gone }: { job: JobDetail; gone: boolean }) {
  const by = submitter(job);
  return (
    <dl className="grid grid-cols-2 gap-x-6 gap-y-3 border-hairline border-y py-3 sm:grid-cols-[repeat(auto-fill,minmax(9.5rem,auto))]">
      <Fact name="Priority">
        <PriorityFact job={job} gone={gone} />
      </Fact>
      <Fact name="Submitted">
        <Moment at={job.created_at} />
        {by && <span className="text-soft"> by {by}</span>}
      </Fact>
      <Fact name="Attempt">
        <span className="figures">{job.attempt}</span>
        <span className="text-soft"> {budget(job)}</span>
      </Fact>
      <Fact name="Time limit">
        <span className="figures">{span(job.timeout_seconds)}</span>
      </Fact>
      {job.worker_id && (
        <Fact name="Worker">
          <Host workerId={job.worker_id} />
        </Fact>
      )}
      {job.schedule_id && (
        <Fact name="Made by">
          <Link
            to="/jobs"
            search={{ q: `schedule:${job.schedule_id}` }}
            className="underline decoration-hairline underline-offset-2 hover:decoration-current"
          >
            a schedule
          </Link>
        </Fact>
      )}
      {job.tags.length > 0 && (
        <Fact name="Tags">
          <span className="flex flex-wrap gap-x-2">
            {job.tags.map((tag) => (
              <Link
                key={tag}
                to="/jobs"
                search={{ q: `tag:${JSON.stringify(tag)}` }}
                className="wrap-anywhere underline decoration-hairline underline-offset-2 hover:decoration-current"
              >
                <Shown text={tag} />
              </Link>
            ))}
          </span>
        </Fact>
      )}
      {job.idempotency_key && (
        <Fact name="Idempotency key">
          <span className="figures wrap-anywhere">
            <Shown text={job.idempotency_key} />
          </span>
        </Fact>
      )}
    </dl>
  );
}

/** Attempts that were handed back or retried by hand count none of the failures allowed. */
function budget({ attempt, failures, max_retries }: JobDetail): string {
  const most = max_retries + 1;
  const failed = failures === 0 ? "" : `, ${failures} failed`;
  return attempt > most
    ? `with ${failures} of ${most} allowed failures`
    : `of at most ${most}${failed}`;
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className="flex min-w-0 flex-col gap-0.5">
      <dt className="text-faint text-sm">{name}</dt>
      <dd className="min-h-6 min-w-0 wrap-anywhere">{children}</dd>
    </div>
  );
}

function PriorityFact({ job, gone }: { job: JobDetail; gone: boolean }) {
  const client = useQueryClient();
  const [refusal, setRefusal] = useState<Error>();
  const mayNot = useUnless("act");
  const unless =
    (gone ? "The job was deleted." : undefined) ?? mayNot ?? unlessStatus.priority(job);
  if (unless) return <span title={unless}>{job.priority}</span>;

  async function change(priority: Priority): Promise<void> {
    setRefusal(undefined);
    const { queryKey } = jobQuery(job.id);
    try {
      const row = await changePriority(job.id, priority);
      client.setQueryData(queryKey, (shown) => shown && { ...shown, ...row });
      void client.invalidateQueries({ queryKey: ["jobs", "why", job.id] });
    } catch (cause) {
      setRefusal(cause instanceof Error ? cause : new Error(String(cause)));
    }
  }

  return (
    <div className="flex flex-col items-start gap-2">
      <Select
        label="Priority"
        options={PRIORITIES.map((value) => ({ value, label: value }))}
        value={job.priority}
        onValue={(priority) => void change(priority)}
      />
      {refusal && <Notice error={refusal} />}
    </div>
  );
}
