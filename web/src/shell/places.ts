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
import type { Features } from "~/api/schema.ts";
import type { ShortcutId } from "~/keys/shortcuts.ts";

interface Place {
  readonly to: string;
  readonly name: string;
  readonly icon: LucideIcon;
  readonly shortcut: ShortcutId;
  /** Among the first four of the phone's bottom bar. */
  readonly first?: true;
  /** Left out where this is switched off. */
  readonly needs?: keyof Features;
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
  { to: "/mailbox", name: "Mailbox", icon: Mail, shortcut: "mailbox", needs: "mail_sink" },
  { to: "/settings", name: "Settings", icon: Settings, shortcut: "settings" },
];
