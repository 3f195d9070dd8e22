import { useState } from "react";
import { count } from "~/lib/format.ts";
import { readLimit } from "~/queues/queue-rules.ts";
import { Confirm } from "~/ui/confirm.tsx";
import { Field } from "~/ui/field.tsx";

interface Props {
  readonly title: string;
  readonly limit: number | null;
  readonly running: number;
  readonly onClose: () => void;
  readonly onLimit: (limit: number | null) => Promise<unknown>;
}

/** How many jobs all workers together run at once, of a queue or of a type. */
export function LimitDialog({ title, limit, running, onClose, onLimit }: Props) {
  const [typed, setTyped] = useState(limit === null ? "" : String(limit));
  const wanted = readLimit(typed);
  const fault = wanted === undefined ? "Give a whole number, or nothing for no limit." : undefined;

  return (
    <Confirm
      open
      onOpenChange={onClose}
      title={title}
      verb={wanted === null ? "Lift the limit" : "Set the limit"}
      unless={fault ?? (wanted === limit ? "It is so already." : undefined)}
      onConfirm={async () => {
        if (wanted !== undefined) await onLimit(wanted);
      }}
    >
      <Field
        label="Most jobs at once, on all workers together"
        name="limit"
        value={typed}
        onValue={setTyped}
        inputMode="numeric"
        autoComplete="off"
        placeholder="No limit"
        error={fault}
        hint="Empty means no limit; 0 starts none."
      />
      <p className="text-soft">
        {count(running)} {running === 1 ? "runs" : "run"} now. A lower limit stops none of them; it
        holds from the next start on.
      </p>
    </Confirm>
  );
}
