import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { failureQuery } from "~/api/failures.ts";
import type { ErrorClass, ErrorRecord, JobDetail } from "~/api/schema.ts";
import { Trace } from "~/job/trace-view.tsx";
import { count, span } from "~/lib/format.ts";
import { Copy } from "~/ui/copy.tsx";
import { JsonView } from "~/ui/json-view.tsx";
import { Moment } from "~/ui/moment.tsx";
import { Shown } from "~/ui/shown.tsx";

interface Advice {
  readonly what: string;
  readonly todo: (job: JobDetail) => string;
}

const ADVICE = {
  invalid_input: {
    what: "The payload asks for what cannot be done",
    todo: () => "A retry would fail the same way: clone the job and change its payload.",
  },
  blocked_by_policy: {
    what: "A policy forbids it",
    todo: () => "Whoever runs this service can allow it in the settings; a retry helps only then.",
  },
  not_configured: {
    what: "Something is not set up here",
    todo: () => "Set up what the message names, then retry.",
  },
  target_error: {
    what: "The other side failed",
    todo: () => "See whether it is up and answers, then retry.",
  },
  timeout: {
    what: "It took too long",
    todo: (job) =>
      `An attempt may take ${span(job.timeout_seconds)}: clone the job with a longer limit, or with less to do.`,
  },
  internal: {
    what: "The job's own code broke",
    todo: () => "The trace shows where. Retry when it is mended; others of its type may fail too.",
  },
  rate_limited: {
    what: "The other side asked for fewer calls",
    todo: () => "It runs again by itself at the time that the other side named.",
  },
  cancelled: {
    what: "It was stopped on request",
    todo: () => "Retry it to run it from the start.",
  },
} satisfies Record<ErrorClass, Advice>;

/** What went wrong, first in words, then what to do, then where in the code. */
export function ErrorBox({ job, error }: { job: JobDetail; error: ErrorRecord }) {
  const { what, todo } = ADVICE[error.class];
  const details = error.details ?? {};
  return (
    <section aria-label="Error" className="flex flex-col gap-4">
      <div className="flex flex-col gap-1.5 border-failed border-l-2 py-0.5 pl-4">
        <p className="flex flex-wrap items-center gap-x-3 text-soft">
          <span className="font-medium text-failed">{what}</span>
          <span className="figures">{error.kind}</span>
          <Copy text={`${error.kind}: ${error.message}`} what="the error" />
        </p>
        <p className="whitespace-pre-wrap text-lg leading-6 wrap-anywhere">
          <Shown text={error.message} kept={"\n"} />
        </p>
        <p className="text-soft">
          {job.status === "retrying" ? (
            <>
              It runs again <Moment at={job.run_at} />.
            </>
          ) : (
            todo(job)
          )}
        </p>
        <Alike job={job} error={error} />
      </div>
      {error.traceback && <Trace trace={error.traceback} />}
      {Object.keys(details).length > 0 && <JsonView value={details} label="Details" />}
    </section>
  );
}

/** How often the same happened lately, and where to see all of it. */
function Alike({ job, error }: { job: JobDetail; error: ErrorRecord }) {
  const { fingerprint } = error;
  const { data: group } = useQuery({
    ...failureQuery(fingerprint ?? ""),
    enabled: Boolean(fingerprint),
    retry: false,
  });
  const looks = "self-start text-ember underline";
  if (!fingerprint) {
    return (
      <Link
        to="/jobs"
        search={{ q: `type:${job.type} status:failed,dead_letter` }}
        className={looks}
      >
        Failed jobs of this type
      </Link>
    );
  }
  return (
    <Link to="/failures" search={{ show: "all", group: fingerprint }} className={looks}>
      {group
        ? `${count(group.last_24_hours)} ${group.last_24_hours === 1 ? "attempt" : "attempts"} failed like this in 24 h`
        : "Failures like this"}
    </Link>
  );
}
