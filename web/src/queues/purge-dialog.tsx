import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { beginOperation, type Deed, dryRunQuery } from "~/api/operations.ts";
import type { JobStatus, OperationView, QueueView } from "~/api/schema.ts";
import { count } from "~/lib/format.ts";
import { freshKey } from "~/lib/fresh-key.ts";
import { Confirm } from "~/ui/confirm.tsx";
import { Notice } from "~/ui/faces.tsx";
import { Field } from "~/ui/field.tsx";
import { Box } from "~/ui/toggle.tsx";

const DUE: readonly JobStatus[] = ["queued"];
const WAITING: readonly JobStatus[] = ["queued", "scheduled", "retrying"];

interface Props {
  readonly queue: QueueView;
  readonly onClose: () => void;
  readonly onPurge: (operation: OperationView) => void;
}

/** Cancels what waits in a queue, after the server has counted it. */
export function PurgeDialog({ queue, onClose, onPurge }: Props) {
  const [later, setLater] = useState(queue.depth === 0);
  const [reason, setReason] = useState("");
  const [key] = useState(freshKey);
  const filters = { priority: [queue.priority], status: later ? WAITING : DUE };
  const deed: Deed = { action: "cancel", target: { filters } };
  const { data, error } = useQuery(dryRunQuery(deed));
  const number = data && (data.count === null ? `over ${count(data.at_least)}` : count(data.count));

  return (
    <Confirm
      open
      onOpenChange={onClose}
      title={`Purge ${queue.name}?`}
      verb={number ? `Cancel ${number} jobs` : "Cancel jobs"}
      danger
      typed={queue.name}
      unless={whyNot(data?.count)}
      onConfirm={async () =>
        onPurge(await beginOperation(deed, reason.trim() || null, `${key}-${later}`))
      }
    >
      <p aria-live="polite" className="text-soft">
        {number ? (
          <>
            <span className="figures text-ink">{number}</span> jobs that wait are cancelled. What
            runs goes on, and what comes from now on is not touched. Cancelled jobs can be retried.
          </>
        ) : (
          "Counting what waits."
        )}
      </p>
      {error && <Notice error={error} />}
      {queue.scheduled > 0 && (
        <div className="flex items-center gap-2.5">
          <Box label="Also what is not due yet" checked={later} onChecked={setLater} />
          <span>Also what is not due yet: scheduled jobs, and retries that wait</span>
        </div>
      )}
      <Field label="Why" name="reason" value={reason} onValue={setReason} autoComplete="off" />
    </Confirm>
  );
}

function whyNot(found: number | null | undefined): string | undefined {
  if (found === undefined) return "The jobs are being counted.";
  return found === 0 ? "Nothing waits." : undefined;
}
