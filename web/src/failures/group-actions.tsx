import { useQueryClient } from "@tanstack/react-query";
import { CircleCheck, Pencil, RotateCw, Undo2 } from "lucide-react";
import { useState } from "react";
import { changeFailure, FAILURES, failureQuery, retryFailure } from "~/api/failures.ts";
import type { FailureGroup, FailurePatch } from "~/api/schema.ts";
import { NoteDialog } from "~/failures/note-dialog.tsx";
import { RetryProgress } from "~/failures/retry-progress.tsx";
import { useShortcut } from "~/keys/keyboard.tsx";
import { count } from "~/lib/format.ts";
import { useUnless } from "~/session/use-session.ts";
import { Button } from "~/ui/button.tsx";
import { Confirm } from "~/ui/confirm.tsx";

type Asking = "retry" | "resolve" | "reopen" | "note";

/** What can be done with a group: queue its jobs again, say that it is over, note something. */
export function GroupActions({ group }: { group: FailureGroup }) {
  const { fingerprint, still_failed: still } = group;
  const client = useQueryClient();
  const mayNot = useUnless("act");
  const [asking, setAsking] = useState<Asking>();
  const [operation, setOperation] = useState<string>();
  const cannotRetry = mayNot ?? (still === 0 ? "None of its jobs stands as failed." : undefined);
  const isOpen = group.state !== "resolved";
  useShortcut("retry", () => !cannotRetry && setAsking("retry"));

  async function change(patch: FailurePatch): Promise<void> {
    const after = await changeFailure(fingerprint, patch);
    client.setQueryData(failureQuery(fingerprint).queryKey, after);
    void client.invalidateQueries({ queryKey: [...FAILURES, "list"] });
  }
  const dialog = (which: Asking) => ({
    open: asking === which,
    onOpenChange: (open: boolean) => setAsking(open ? which : undefined),
  });
  const jobs = `${count(still)} ${still === 1 ? "job" : "jobs"}`;

  return (
    <div className="flex flex-col gap-3">
      <div className="flex flex-wrap gap-2">
        <Button kind="primary" unless={cannotRetry} onClick={() => setAsking("retry")}>
          <RotateCw aria-hidden className="size-4" strokeWidth={1.75} />
          {still > 0 ? `Retry ${jobs}` : "Retry"}
        </Button>
        <Button unless={mayNot} onClick={() => setAsking(isOpen ? "resolve" : "reopen")}>
          {isOpen ? (
            <CircleCheck aria-hidden className="size-4" strokeWidth={1.75} />
          ) : (
            <Undo2 aria-hidden className="size-4" strokeWidth={1.75} />
          )}
          {isOpen ? "Resolve" : "Reopen"}
        </Button>
        <Button kind="quiet" unless={mayNot} onClick={() => setAsking("note")}>
          <Pencil aria-hidden className="size-4" strokeWidth={1.75} />
          {group.note ? "Edit note" : "Add note"}
        </Button>
      </div>
      {operation && <RetryProgress operationId={operation} />}
      <Confirm
        {...dialog("retry")}
        title={`Retry ${jobs}?`}
        verb={`Retry ${jobs}`}
        onConfirm={async () => setOperation((await retryFailure(fingerprint)).id)}
      >
        <p className="text-soft">
          All {group.type} jobs that failed so and still stand as failed are queued again, with
          their retries counted from zero.
        </p>
      </Confirm>
      <NoteDialog
        {...dialog("resolve")}
        title="Resolve this failure?"
        words="If it comes again, it is shown as regressed."
        verb="Resolve"
        note={group.note}
        onNote={(note) => change({ state: "resolved", note })}
      />
      <NoteDialog
        {...dialog("reopen")}
        title="Reopen this failure?"
        words="It stands among the open ones again."
        verb="Reopen"
        note={group.note}
        onNote={(note) => change({ state: "open", note })}
      />
      <NoteDialog
        {...dialog("note")}
        title="Note"
        words="What people should know who meet this failure."
        verb="Save"
        note={group.note}
        onNote={(note) => change({ note })}
      />
    </div>
  );
}
