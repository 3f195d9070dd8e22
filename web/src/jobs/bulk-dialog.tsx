import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { beginOperation, type Deed, dryRunQuery, type Target } from "~/api/operations.ts";
import type { DryRun, OperationAction, OperationView, Priority } from "~/api/schema.ts";
import { ACTIONS, leftOut, question } from "~/jobs/bulk-words.ts";
import { PRIORITIES } from "~/jobs/search.ts";
import { count } from "~/lib/format.ts";
import { freshKey } from "~/lib/fresh-key.ts";
import { Button } from "~/ui/button.tsx";
import { Confirm } from "~/ui/confirm.tsx";
import { Dialog } from "~/ui/dialog.tsx";
import { Notice, Skeleton } from "~/ui/faces.tsx";
import { Select } from "~/ui/select.tsx";
import { Status } from "~/ui/status.tsx";

interface Props {
  readonly action: OperationAction;
  readonly target: Target;
  readonly onClose: () => void;
  readonly onBegun: (operation: OperationView) => void;
}

/** Tries it out first, and asks with the number that came of it. */
export function BulkDialog({ action, target, onClose, onBegun }: Props) {
  const [priority, setPriority] = useState<Priority>("high");
  const [reason, setReason] = useState("");
  const [key] = useState(() => freshKey());
  const deed: Deed = {
    action,
    target,
    ...(action === "reprioritise" ? { priority } : {}),
  };
  const run = useQuery({ ...dryRunQuery(deed), refetchOnReconnect: false });
  const onOpenChange = (open: boolean) => !open && onClose();
  const choice = action === "reprioritise" && (
    <div className="flex items-center gap-3">
      <span className="text-soft text-sm">New priority</span>
      <Select
        label="New priority"
        options={PRIORITIES.map((value) => ({ value, label: value }))}
        value={priority}
        onValue={setPriority}
      />
    </div>
  );

  if (!run.data || run.data.count === 0) {
    return (
      <Dialog open onOpenChange={onOpenChange} title={ACTIONS[action].verb}>
        {choice}
        {run.isPending && <Skeleton rows={3} />}
        {run.isError && <Notice error={run.error} />}
        {run.data && <Nothing run={run.data} />}
        <div className="flex justify-end gap-2">
          {run.isError && <Button onClick={() => void run.refetch()}>Try again</Button>}
          <Button kind="quiet" onClick={onClose}>
            Close
          </Button>
        </div>
      </Dialog>
    );
  }
  const many = String(run.data.count ?? run.data.at_least);
  return (
    <Confirm
      open
      onOpenChange={onOpenChange}
      title={question(run.data, priority)}
      verb={action === "cancel" ? "Cancel jobs" : ACTIONS[action].verb}
      danger={action === "delete"}
      {...(action === "delete" ? { typed: many } : {})}
      onConfirm={async () => onBegun(await beginOperation(deed, reason.trim() || null, key))}
    >
      {choice}
      <Findings run={run.data} />
      <label className="flex flex-col gap-1 text-sm">
        <span>
          Reason <span className="text-faint">(optional, for whoever looks at it later)</span>
        </span>
        <input
          value={reason}
          maxLength={500}
          onChange={(event) => setReason(event.target.value)}
          className="h-9 rounded-md border border-edge bg-raised px-3 text-base"
        />
      </label>
    </Confirm>
  );
}

function Nothing({ run }: { run: DryRun }) {
  return (
    <>
      <p>There is nothing to do.</p>
      <p className="text-soft">{leftOut(run) || "No job matches any more."}</p>
    </>
  );
}

function Findings({ run }: { run: DryRun }) {
  const left = leftOut(run);
  const rest = (run.count ?? run.at_least) - run.sample.length;
  return (
    <div className="flex flex-col gap-2">
      <p className="text-soft">
        {ACTIONS[run.action].effect} {left}
        {!run.exact && " There were too many to count in time: the numbers are what was counted."}
      </p>
      <ul className="max-h-44 overflow-auto border-hairline border-y">
        {run.sample.map((job) => (
          <li
            key={job.id}
            className="flex h-7 items-center gap-3 border-hairline border-b text-sm last:border-b-0"
          >
            <span className="w-28 shrink-0">
              <Status status={job.status} />
            </span>
            <span className="truncate">{job.summary ?? job.type}</span>
          </li>
        ))}
        {rest > 0 && <li className="py-1 text-faint text-sm">and {count(rest)} more</li>}
      </ul>
    </div>
  );
}
