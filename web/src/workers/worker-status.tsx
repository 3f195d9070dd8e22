import {
  CircleCheck,
  CircleOff,
  CirclePause,
  CircleStop,
  ClockAlert,
  type LucideIcon,
  Unplug,
} from "lucide-react";
import type { WorkerView } from "~/api/schema.ts";
import { MarkWord } from "~/ui/mark-word.tsx";
import { type Standing, standingOf } from "~/workers/worker-rules.ts";

const LOOKS = {
  online: { label: "Online", icon: CircleCheck, tone: "text-success" },
  draining: { label: "Draining", icon: CirclePause, tone: "text-retrying" },
  drained: { label: "Drained", icon: CirclePause, tone: "text-soft" },
  stopping: { label: "Stopping", icon: CircleStop, tone: "text-retrying" },
  late: { label: "Late", icon: ClockAlert, tone: "text-failed" },
  lost: { label: "Lost", icon: Unplug, tone: "text-failed" },
  stopped: { label: "Stopped", icon: CircleOff, tone: "text-soft" },
} satisfies Record<Standing, { label: string; icon: LucideIcon; tone: string }>;

export function WorkerStatus({ worker }: { worker: WorkerView }) {
  const { label, icon, tone } = LOOKS[standingOf(worker)];
  return (
    <MarkWord icon={icon} tone={tone}>
      {label}
    </MarkWord>
  );
}
