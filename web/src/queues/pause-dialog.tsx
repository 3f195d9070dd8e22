import { useState } from "react";
import type { PauseOrder, QueueView } from "~/api/schema.ts";
import { count } from "~/lib/format.ts";
import { Confirm } from "~/ui/confirm.tsx";
import { Field } from "~/ui/field.tsx";
import { Select } from "~/ui/select.tsx";

const SPANS = [
  { value: "", label: "Until somebody resumes it", ms: 0 },
  { value: "15m", label: "For 15 minutes", ms: 15 * 60_000 },
  { value: "1h", label: "For an hour", ms: 3_600_000 },
  { value: "4h", label: "For 4 hours", ms: 4 * 3_600_000 },
  { value: "1d", label: "For a day", ms: 24 * 3_600_000 },
];

interface Props {
  readonly queue: QueueView;
  readonly onClose: () => void;
  readonly onPause: (order: PauseOrder) => Promise<unknown>;
}

export function PauseDialog({ queue, onClose, onPause }: Props) {
  const [reason, setReason] = useState("");
  const [length, setLength] = useState("");
  const ms = SPANS.find((it) => it.value === length)?.ms;

  return (
    <Confirm
      open
      onOpenChange={onClose}
      title={`Pause ${queue.name}?`}
      verb="Pause"
      unless={reason.trim() === "" ? "Say why first." : undefined}
      onConfirm={() =>
        onPause({
          reason: reason.trim(),
          resume_at: ms ? new Date(Date.now() + ms).toISOString() : null,
        })
      }
    >
      <p className="text-soft">
        No more of its jobs are started.{" "}
        {queue.running > 0 ? `The ${count(queue.running)} that run go on; new` : "New"} ones are
        accepted, and wait.
      </p>
      <Field
        label="Why"
        name="reason"
        value={reason}
        onValue={setReason}
        autoComplete="off"
        hint="For everyone who wonders why jobs wait."
      />
      <div className="flex flex-col gap-1">
        <span className="font-medium text-sm">How long</span>
        <Select label="How long" options={SPANS} value={length} onValue={setLength} />
      </div>
    </Confirm>
  );
}
