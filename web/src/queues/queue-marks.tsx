import {
  CirclePause,
  Gauge,
  type LucideIcon,
  OctagonAlert,
  TrendingUp,
  Unplug,
} from "lucide-react";
import type { QueueView } from "~/api/schema.ts";
import { type Mark, marksOf } from "~/queues/queue-rules.ts";
import { MarkWord } from "~/ui/mark-word.tsx";

const LOOKS = {
  "no workers": { label: "No workers", icon: Unplug, tone: "text-failed" },
  "paused with backlog": {
    label: "Paused with backlog",
    icon: CirclePause,
    tone: "text-retrying",
  },
  "limit is 0": { label: "Its limit is 0", icon: OctagonAlert, tone: "text-retrying" },
  growing: { label: "Growing", icon: TrendingUp, tone: "text-retrying" },
  "at its limit": { label: "At its limit", icon: Gauge, tone: "text-soft" },
} satisfies Record<Mark, { label: string; icon: LucideIcon; tone: string }>;

/** What stands out about a queue; nothing while it is calm. */
export function QueueMarks({ queue }: { queue: QueueView }) {
  const marks = marksOf(queue);
  if (marks.length === 0) return null;
  return (
    <span className="inline-flex flex-wrap gap-x-3">
      {marks.map((mark) => {
        const { label, icon, tone } = LOOKS[mark];
        return (
          <MarkWord key={mark} icon={icon} tone={tone}>
            {label}
          </MarkWord>
        );
      })}
    </span>
  );
}
