import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { cancelJob, deleteJob, jobQuery, retryJob } from "~/api/job.ts";
import type { JobDetail, JobRow } from "~/api/schema.ts";
import { unlessStatus } from "~/job/allowed.ts";
import { useUnless } from "~/session/use-session.ts";
import { useSay } from "~/ui/toast.tsx";

interface Wiring {
  readonly job: JobDetail;
  readonly gone: boolean;
  /** What the API refused an action with; undefined when one is tried. */
  readonly onRefused: (refusal: Error | undefined) => void;
}

/** What can be done with a job, and why not. */
export function useDeeds({ job, gone, onRefused }: Wiring) {
  const client = useQueryClient();
  const say = useSay();
  const [busy, setBusy] = useState(false);
  const mayNot = useUnless("act");
  const never = gone ? "The job was deleted." : mayNot;
  const unless = {
    retry: never ?? unlessStatus.retry(job) ?? (busy ? "In progress." : undefined),
    cancel: never ?? unlessStatus.cancel(job),
    remove: never ?? unlessStatus.remove(job),
  };

  /** What the API answers is shown at once; the rest is read. */
  function show(row: JobRow): void {
    const { queryKey } = jobQuery(job.id);
    client.setQueryData(queryKey, (shown) =>
      shown && row.version >= shown.version ? { ...shown, ...row } : shown,
    );
    void client.invalidateQueries({ queryKey });
  }

  async function retry(): Promise<void> {
    if (unless.retry) return;
    setBusy(true);
    onRefused(undefined);
    try {
      show(await retryJob(job.id));
      say("Queued again");
    } catch (cause) {
      onRefused(cause instanceof Error ? cause : new Error(String(cause)));
    } finally {
      setBusy(false);
    }
  }

  return {
    unless,
    retry: () => void retry(),
    cancel: async () => show(await cancelJob(job.id)),
    remove: () => deleteJob(job.id),
  };
}
