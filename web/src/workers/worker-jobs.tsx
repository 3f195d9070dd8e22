import { useQuery } from "@tanstack/react-query";
import { newestQuery } from "~/api/newest.ts";
import type { JobStatus } from "~/api/schema.ts";
import { isJobFrame } from "~/live/apply.ts";
import { useRefresh } from "~/live/use-refresh.ts";
import { Asked } from "~/ui/asked.tsx";
import { JobLines } from "~/ui/job-lines.tsx";
import { Section } from "~/ui/page.tsx";

const RUNNING: readonly JobStatus[] = ["running"];
const OVER: readonly JobStatus[] = ["success", "failed", "dead_letter", "cancelled", "retrying"];
const EVERY_MS = 10_000;

/** What a unit runs, and what it ran last. */
export function WorkerJobs({ workerId, here }: { workerId: string; here: boolean }) {
  return (
    <>
      {here && (
        <Jobs
          title="Runs now"
          workerId={workerId}
          status={RUNNING}
          limit={20}
          none="Nothing at the moment."
        />
      )}
      <Jobs
        title="Ran last"
        workerId={workerId}
        status={OVER}
        limit={20}
        none="Nothing that is still kept."
      />
    </>
  );
}

interface JobsProps {
  readonly title: string;
  readonly workerId: string;
  readonly status: readonly JobStatus[];
  readonly limit: number;
  readonly none: string;
}

function Jobs({ title, workerId, status, limit, none }: JobsProps) {
  const options = newestQuery({ status, workerId, limit });
  const query = useQuery(options);
  useRefresh(
    options.queryKey,
    (frame) => isJobFrame(frame) && frame.job.worker_id === workerId,
    EVERY_MS,
  );
  return (
    <Section title={title}>
      <Asked query={query} rows={3}>
        {({ items }) =>
          items.length === 0 ? (
            <p className="text-soft">{none}</p>
          ) : (
            <JobLines label={title} jobs={items} />
          )
        }
      </Asked>
    </Section>
  );
}
