import { Link } from "@tanstack/react-router";
import { CircleMinus, CircleSlash, Hourglass } from "lucide-react";
import type { FireRecord } from "~/api/schema.ts";
import { Status } from "~/ui/status.tsx";

/** What became of a moment: a job's state, or why there is none. */
export function Outcome({ fire }: { fire: FireRecord }) {
  if (fire.skipped !== null) {
    return (
      <span className="inline-flex items-center gap-1.5 text-soft" title={fire.skipped}>
        <CircleMinus aria-hidden className="size-3.5 shrink-0" strokeWidth={2.25} />
        Skipped
      </span>
    );
  }
  if (fire.held) {
    return (
      <span className="inline-flex items-center gap-1.5 text-scheduled">
        <Hourglass aria-hidden className="size-3.5 shrink-0" strokeWidth={2.25} />
        Waits in line
      </span>
    );
  }
  if (fire.job_status === null || fire.job_id === null) {
    return (
      <span className="inline-flex items-center gap-1.5 text-faint">
        <CircleSlash aria-hidden className="size-3.5 shrink-0" strokeWidth={2.25} />
        Job deleted
      </span>
    );
  }
  return (
    <Link
      to="/jobs/$jobId"
      params={{ jobId: fire.job_id }}
      className="underline-offset-2 hover:underline"
    >
      <Status status={fire.job_status} />
    </Link>
  );
}
