import {
  Ban,
  CircleCheck,
  CircleDashed,
  Clock,
  LoaderCircle,
  type LucideIcon,
  OctagonX,
  RotateCw,
  SquareMinus,
} from "lucide-react";
import type { JobStatus } from "~/api/schema.ts";

interface Look {
  readonly label: string;
  readonly icon: LucideIcon;
  readonly tone: string;
}

/** Told by shape, then word, then colour: no eight colours stay distinct for everybody. */
export const LOOKS = {
  scheduled: { label: "Scheduled", icon: Clock, tone: "text-scheduled" },
  queued: { label: "Queued", icon: CircleDashed, tone: "text-queued" },
  running: { label: "Running", icon: LoaderCircle, tone: "text-running" },
  retrying: { label: "Retrying", icon: RotateCw, tone: "text-retrying" },
  success: { label: "Success", icon: CircleCheck, tone: "text-success" },
  failed: { label: "Failed", icon: OctagonX, tone: "text-failed" },
  dead_letter: { label: "Dead letter", icon: SquareMinus, tone: "text-dead" },
  cancelled: { label: "Cancelled", icon: Ban, tone: "text-cancelled" },
} satisfies Record<JobStatus, Look>;

export const STATUSES = Object.keys(LOOKS) as JobStatus[];

export function Status({ status }: { status: JobStatus }) {
  const { label, icon: Icon, tone } = LOOKS[status];
  const turning = status === "running" ? "motion-safe:animate-[spin_1.6s_linear_infinite]" : "";
  return (
    <span className={`inline-flex items-center gap-1.5 whitespace-nowrap align-top ${tone}`}>
      <Icon aria-hidden className={`size-3.5 ${turning}`} strokeWidth={2.25} />
      {label}
    </span>
  );
}
