import {
  Activity,
  CalendarClock,
  Cpu,
  Layers,
  List,
  type LucideIcon,
  Mail,
  Settings,
  TriangleAlert,
  Webhook,
} from "lucide-react";
import type { ShortcutId } from "~/keys/shortcuts.ts";

interface Place {
  readonly to: string;
  readonly name: string;
  readonly icon: LucideIcon;
  readonly shortcut: ShortcutId;
  /** Among the first four of the phone's bottom bar. */
  readonly first?: true;
}

/** The pages of the rail, in order. */
export const PLACES: readonly Place[] = [
  { to: "/", name: "Overview", icon: Activity, shortcut: "overview", first: true },
  { to: "/jobs", name: "Jobs", icon: List, shortcut: "jobs", first: true },
  { to: "/queues", name: "Queues", icon: Layers, shortcut: "queues", first: true },
  { to: "/workers", name: "Workers", icon: Cpu, shortcut: "workers" },
  { to: "/schedules", name: "Schedules", icon: CalendarClock, shortcut: "schedules" },
  { to: "/failures", name: "Failures", icon: TriangleAlert, shortcut: "failures", first: true },
  { to: "/webhooks", name: "Webhooks", icon: Webhook, shortcut: "webhooks" },
  { to: "/mailbox", name: "Mailbox", icon: Mail, shortcut: "mailbox" },
  { to: "/settings", name: "Settings", icon: Settings, shortcut: "settings" },
];
