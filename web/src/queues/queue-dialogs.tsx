import { useQueueDeed } from "~/api/queues.ts";
import type { OperationView, QueueView } from "~/api/schema.ts";
import { count } from "~/lib/format.ts";
import { LimitDialog } from "~/queues/limit-dialog.tsx";
import { PauseDialog } from "~/queues/pause-dialog.tsx";
import { PurgeDialog } from "~/queues/purge-dialog.tsx";
import { Confirm } from "~/ui/confirm.tsx";

/** What somebody is about to do to a queue. */
export interface QueueOrder {
  readonly kind: "pause" | "resume" | "limit" | "purge";
  readonly name: string;
}

interface Props {
  readonly kind: QueueOrder["kind"];
  readonly queue: QueueView;
  readonly onClose: () => void;
  readonly onPurge: (operation: OperationView) => void;
}

/** Asks before anything is done, and says what it will mean. */
export function QueueDialog({ kind, queue, onClose, onPurge }: Props) {
  const { mutateAsync } = useQueueDeed(queue.name);
  switch (kind) {
    case "pause":
      return (
        <PauseDialog
          queue={queue}
          onClose={onClose}
          onPause={(order) => mutateAsync({ kind, order })}
        />
      );
    case "resume":
      return (
        <Confirm
          open
          onOpenChange={onClose}
          title={`Resume ${queue.name}?`}
          verb="Resume"
          onConfirm={() => mutateAsync({ kind })}
        >
          <p className="text-soft">
            {queue.depth === 0
              ? "Nothing waits in it now."
              : `${count(queue.depth)} jobs wait in it and will be started as slots are free.`}
          </p>
        </Confirm>
      );
    case "limit":
      return (
        <LimitDialog
          title={`Limit ${queue.name}`}
          limit={queue.concurrency_limit}
          running={queue.running}
          onClose={onClose}
          onLimit={(limit) => mutateAsync({ kind, limit })}
        />
      );
    case "purge":
      return <PurgeDialog queue={queue} onClose={onClose} onPurge={onPurge} />;
  }
}
