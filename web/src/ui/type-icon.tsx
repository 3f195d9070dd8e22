import {
  Bell,
  Bot,
  Box,
  Calculator,
  Camera,
  ChartColumn,
  ChartLine,
  Cloud,
  Code,
  Database,
  File,
  FileText,
  Globe,
  Image,
  type LucideIcon,
  Mail,
  Puzzle,
  Send,
  ShieldCheck,
  Sparkles,
  Table,
  Table2,
  Terminal,
  Video,
} from "lucide-react";

/** The icons that types ask for by name, or a box. All of lucide would weigh more than the page. */
const ICONS: Readonly<Record<string, LucideIcon>> = {
  bell: Bell,
  bot: Bot,
  box: Box,
  calculator: Calculator,
  camera: Camera,
  "chart-column": ChartColumn,
  "chart-line": ChartLine,
  cloud: Cloud,
  code: Code,
  database: Database,
  file: File,
  "file-text": FileText,
  globe: Globe,
  image: Image,
  mail: Mail,
  puzzle: Puzzle,
  send: Send,
  "shield-check": ShieldCheck,
  sparkles: Sparkles,
  table: Table,
  "table-2": Table2,
  terminal: Terminal,
  video: Video,
};

export function TypeIcon({ name }: { name: string | undefined }) {
  const Icon = (name && ICONS[name]) || Box;
  return <Icon aria-hidden className="size-4 shrink-0" strokeWidth={1.75} />;
}
