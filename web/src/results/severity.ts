import {
  CircleAlert,
  Info,
  type LucideIcon,
  OctagonAlert,
  OctagonX,
  TriangleAlert,
} from "lucide-react";
import type { Severity } from "~/results/findings-shape.ts";

interface Look {
  readonly label: string;
  readonly icon: LucideIcon;
  readonly tone: string;
}

/** Told by shape, then word, then colour. */
export const SEVERITY_LOOKS = {
  critical: { label: "Critical", icon: OctagonX, tone: "text-failed" },
  high: { label: "High", icon: OctagonAlert, tone: "text-failed" },
  medium: { label: "Medium", icon: TriangleAlert, tone: "text-retrying" },
  low: { label: "Low", icon: CircleAlert, tone: "text-running" },
  info: { label: "Info", icon: Info, tone: "text-soft" },
} satisfies Record<Severity, Look>;
