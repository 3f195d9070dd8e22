/** What a job's status lets a person do. Pure; the API decides all the same. */
import type { JobDetail, JobStatus } from "~/api/schema.ts";
import { isEnd } from "~/job/timeline.ts";

type Standing = Pick<JobDetail, "status" | "cancel_requested_at">;

/** Each answers with the reason why not, or undefined. */
export const unlessStatus = {
  retry({ status }: Standing): string | undefined {
    if (status === "success") return "It succeeded. Clone it to run it again.";
    return isEnd(status) ? undefined : "Only what failed or was cancelled can be retried.";
  },
  cancel({ status, cancel_requested_at }: Standing): string | undefined {
    if (isEnd(status)) return "It has ended.";
    return cancel_requested_at ? "It was asked to stop already." : undefined;
  },
  remove({ status }: Standing): string | undefined {
    return isEnd(status) ? undefined : "Only ended jobs can be deleted: cancel it first.";
  },
  priority({ status }: Standing): string | undefined {
    return isWaiting(status) ? undefined : "Only the priority of a waiting job can be changed.";
  },
};

export function isWaiting(status: JobStatus): boolean {
  return ["scheduled", "queued", "retrying"].includes(status);
}
