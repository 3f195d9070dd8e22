import { CircleAlert, CircleCheck, CircleDot, type LucideIcon, Undo2 } from "lucide-react";
import type { FailureState } from "~/api/schema.ts";

interface Look {
  readonly label: string;
  readonly icon: LucideIcon;
  readonly tone: string;
  readonly means: string;
}

const LOOKS = {
  new: {
    label: "New",
    icon: CircleDot,
    tone: "text-failed",
    means: "First seen in the last 24 hours.",
  },
  known: {
    label: "Known",
    icon: CircleAlert,
    tone: "text-soft",
    means: "Seen for more than a day.",
  },
  regressed: {
    label: "Regressed",
    icon: Undo2,
    tone: "text-retrying",
    means: "It was resolved, and came again.",
  },
  resolved: {
    label: "Resolved",
    icon: CircleCheck,
    tone: "text-success",
    means: "Somebody said that it is over, and it has not come since.",
  },
} satisfies Record<FailureState, Look>;

export function StateBadge({ state }: { state: FailureState }) {
  const { label, icon: Icon, tone, means } = LOOKS[state];
  return (
    <span
      className={`inline-flex items-center gap-1.5 align-top whitespace-nowrap ${tone}`}
      title={means}
    >
      <Icon aria-hidden className="size-3.5" strokeWidth={2.25} />
      {label}
    </span>
  );
}
