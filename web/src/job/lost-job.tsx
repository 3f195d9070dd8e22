import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { ApiProblem } from "~/api/problem.ts";
import { madeAt } from "~/job/lost.ts";
import { useNow } from "~/lib/use-now.ts";
import { useUnless } from "~/session/use-session.ts";
import { Failure } from "~/ui/faces.tsx";
import { Moment } from "~/ui/moment.tsx";

/** A minute: clocks of two machines differ. */
const SKEW_MS = 60_000;

/** Why there is no job to show: never made, gone since, not for this person, or not reached. */
export function LostJob({
  jobId,
  error,
  onRetry,
}: {
  jobId: string;
  error: Error;
  onRetry: () => void;
}) {
  const now = useNow();
  const mayAudit = useUnless("audit") === undefined;
  const status = error instanceof ApiProblem ? error.status : 0;
  if (status === 403) {
    return (
      <Words title="You may not see this job">
        <p>{error.message} Ask an admin for a role that may.</p>
      </Words>
    );
  }
  if (status !== 404) return <Failure error={error} onRetry={onRetry} />;
  const made = madeAt(jobId);
  if (!made || made.getTime() > now + SKEW_MS) {
    return (
      <Words title="There was never such a job">
        <p>
          No job has the id <span className="figures wrap-anywhere">{jobId}</span>. It may be cut
          off, or from something else.
        </p>
      </Words>
    );
  }
  return (
    <Words title="This job is gone">
      <p>
        By its id it was submitted <Moment at={made.toISOString()} as="clock" />. Since then
        somebody deleted it, or it ended and was kept for as long as jobs are kept here; or it is
        from another installation.
      </p>
      {mayAudit && <p>Whether somebody deleted it stands in the audit log, under job:{jobId}.</p>}
    </Words>
  );
}

function Words({ title, children }: { title: string; children: ReactNode }) {
  return (
    <div role="alert" className="flex max-w-prose flex-col items-start gap-3 py-12 text-soft">
      <h1 className="font-medium text-ink text-lg">{title}</h1>
      {children}
      <Link to="/jobs" className="text-ember underline">
        Go to the jobs
      </Link>
    </div>
  );
}
