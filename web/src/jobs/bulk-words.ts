/** What is said about a deed to many jobs. Pure. */
import type { DryRun, JobStatus, OperationAction, OperationView, Priority } from "~/api/schema.ts";
import { count } from "~/lib/format.ts";
import { LOOKS } from "~/ui/status.tsx";

interface Words {
  readonly verb: string;
  /** Jobs as they must stand for it to do anything. */
  readonly from: readonly JobStatus[];
  readonly done: string;
  /** What follows from it, where that is more than the verb says. */
  readonly effect: string;
}

export const ACTIONS: Record<OperationAction, Words> = {
  retry: {
    verb: "Retry",
    from: ["failed", "dead_letter", "cancelled"],
    done: "queued again",
    effect: "They are queued again, and their failures count from zero.",
  },
  cancel: {
    verb: "Cancel",
    from: ["scheduled", "queued", "retrying", "running"],
    done: "cancelled",
    effect: "Those that wait are cancelled at once; those that run are asked to stop.",
  },
  delete: {
    verb: "Delete",
    from: ["success", "failed", "dead_letter", "cancelled"],
    done: "deleted",
    effect: "Payload, result, log and files go with them. This cannot be undone.",
  },
  reprioritise: {
    verb: "Change priority",
    from: ["scheduled", "queued", "retrying"],
    done: "changed",
    effect: "The next free slots go by the new priority.",
  },
};

export function jobs(n: number): string {
  return `${count(n)} ${n === 1 ? "job" : "jobs"}`;
}

/** "Cancel 12,431 jobs?" */
export function question(run: DryRun, priority: Priority | undefined): string {
  const many = run.count === null ? `at least ${jobs(run.at_least)}` : jobs(run.count);
  if (run.action === "reprioritise") return `Give ${many} the priority ${priority ?? ""}?`;
  return `${ACTIONS[run.action].verb} ${many}?`;
}

/** "3 are left as they are: 2 success, 1 running." Empty when there are none. */
export function leftOut({ cannot, not_found, out_of_reach }: DryRun): string {
  const parts = [
    ...Object.entries(cannot).map(
      ([status, n]) => `${count(n)} ${LOOKS[status as JobStatus].label.toLowerCase()}`,
    ),
    ...(not_found > 0 ? [`${count(not_found)} not there any more`] : []),
    ...(out_of_reach > 0 ? [`${count(out_of_reach)} out of reach`] : []),
  ];
  const n = Object.values(cannot).reduce((sum, it) => sum + it, 0) + not_found + out_of_reach;
  if (n === 0) return "";
  return `${count(n)} ${n === 1 ? "is" : "are"} left as ${n === 1 ? "it is" : "they are"}: ${parts.join(", ")}.`;
}

/** "Retry failed" for a list: what was asked, and of which jobs. */
export function headline({ action, priority, named, filter }: OperationView): string {
  const verb = action === "reprioritise" ? `Set the priority to ${priority}` : ACTIONS[action].verb;
  if (named !== null) return `${verb}: ${jobs(named)} by name`;
  const parts = [
    ...(filter?.status ?? []).map((it) => `status:${it}`),
    ...(filter?.type ?? []).map((it) => `type:${it}`),
    ...(filter?.priority ?? []).map((it) => `priority:${it}`),
    ...(filter?.tag ? [`tag:${filter.tag}`] : []),
    ...(filter?.created_by ? [`created_by:${filter.created_by}`] : []),
    ...(filter?.worker_id ? [`worker:${filter.worker_id}`] : []),
    ...(filter?.created_after ? [`created>=${filter.created_after}`] : []),
    ...(filter?.created_before ? [`created<${filter.created_before}`] : []),
    ...(filter?.q ? [filter.q] : []),
  ];
  return `${verb}: ${parts.join(" ") || "every job"}`;
}
