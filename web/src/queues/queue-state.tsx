import { CirclePause, CirclePlay } from "lucide-react";
import type { QueueView } from "~/api/schema.ts";
import { actorName } from "~/lib/actor.ts";
import { MarkWord } from "~/ui/mark-word.tsx";
import { Moment } from "~/ui/moment.tsx";

/** Whether a queue goes on; if not, since when, until when, by whom and why. */
export function QueueState({ queue }: { queue: QueueView }) {
  if (!queue.paused) {
    return (
      <MarkWord icon={CirclePlay} tone="text-soft">
        Active
      </MarkWord>
    );
  }
  const { paused_at: since, resume_at: until, paused_by: by, pause_reason: reason } = queue;
  return (
    <div className="flex min-w-0 flex-col py-1">
      <span className="flex flex-wrap items-center gap-x-1.5">
        <MarkWord icon={CirclePause} tone="text-retrying">
          Paused
        </MarkWord>
        <span className="text-soft">
          {since && <Moment at={since} />}
          {by && ` by ${actorName(by)}`}
          {until && (
            <>
              , goes on <Moment at={until} />
            </>
          )}
        </span>
      </span>
      {reason && (
        <span className="line-clamp-2 max-w-prose text-soft text-sm wrap-anywhere" title={reason}>
          {reason}
        </span>
      )}
    </div>
  );
}
