import { useState } from "react";
import type { WorkerView } from "~/api/schema.ts";
import { useWorkerDeed } from "~/api/workers.ts";
import { count } from "~/lib/format.ts";
import { Confirm } from "~/ui/confirm.tsx";
import { Field } from "~/ui/field.tsx";

/** What somebody is about to order. */
export interface WorkerOrder {
  readonly kind: "drain" | "resume" | "stop";
  readonly workerId: string;
}

const VERBS = { drain: "Drain", resume: "Resume", stop: "Stop" } as const;

interface Props {
  readonly kind: WorkerOrder["kind"];
  readonly worker: WorkerView;
  readonly onClose: () => void;
}

/** Asks before an order is given, and says what becomes of the unit's jobs. */
export function WorkerDialog({ kind, worker, onClose }: Props) {
  const { mutateAsync } = useWorkerDeed(worker.id);
  const [reason, setReason] = useState("");
  return (
    <Confirm
      open
      onOpenChange={onClose}
      title={`${VERBS[kind]} ${worker.host}, process ${worker.pid}?`}
      verb={VERBS[kind]}
      danger={kind === "stop"}
      onConfirm={() =>
        mutateAsync(kind === "resume" ? { kind } : { kind, reason: reason.trim() || null })
      }
    >
      <p className="text-soft">{effectOf(kind, worker)}</p>
      {kind !== "resume" && (
        <Field
          label="Why"
          name="reason"
          value={reason}
          onValue={setReason}
          autoComplete="off"
          hint="For everyone who wonders, and for the audit trail. May be left empty."
        />
      )}
    </Confirm>
  );
}

function effectOf(kind: WorkerOrder["kind"], { jobs }: WorkerView): string {
  const n = jobs.length;
  const its = n === 1 ? "the job that it runs" : `the ${count(n)} jobs that it runs`;
  switch (kind) {
    case "resume":
      return "It takes new jobs again.";
    case "drain":
      return n === 0
        ? "It runs nothing now, and takes nothing new until it is resumed."
        : `It finishes ${its}, and takes nothing new until it is resumed.`;
    case "stop":
      return n === 0
        ? "It runs nothing now, and ends. Whether another takes its place is up to what supervises it."
        : `It lets ${its} finish for a while, hands back the rest without counting a failure, and ends. This cannot be taken back.`;
  }
}
