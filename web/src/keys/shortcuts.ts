/** Every shortcut, once: the handlers, the palette and the sheet are made from this table. */

interface Shortcut {
  /** In the notation of tinykeys; a space is "then". */
  readonly keys: string;
  readonly does: string;
  readonly where: "Everywhere" | "Go to" | "In lists" | "On a job";
}

export const SHORTCUTS = {
  palette: { keys: "$mod+k", does: "Open the palette", where: "Everywhere" },
  query: { keys: "/", does: "Search jobs", where: "Everywhere" },
  submit: { keys: "n", does: "Submit a job", where: "Everywhere" },
  pause: { keys: "p", does: "Hold the page still, or let it go on", where: "Everywhere" },
  fresh: { keys: ".", does: "Show what is new", where: "Everywhere" },
  theme: { keys: "t", does: "Change the theme", where: "Everywhere" },
  sheet: { keys: "Shift+?", does: "Show the shortcuts", where: "Everywhere" },
  close: { keys: "Escape", does: "Close what is on top", where: "Everywhere" },
  overview: { keys: "g o", does: "Overview", where: "Go to" },
  jobs: { keys: "g j", does: "Jobs", where: "Go to" },
  queues: { keys: "g q", does: "Queues", where: "Go to" },
  workers: { keys: "g w", does: "Workers", where: "Go to" },
  schedules: { keys: "g s", does: "Schedules", where: "Go to" },
  failures: { keys: "g f", does: "Failures", where: "Go to" },
  webhooks: { keys: "g h", does: "Webhooks", where: "Go to" },
  mailbox: { keys: "g m", does: "Mailbox", where: "Go to" },
  settings: { keys: "g e", does: "Settings", where: "Go to" },
  down: { keys: "j", does: "Next row", where: "In lists" },
  up: { keys: "k", does: "Row before", where: "In lists" },
  open: { keys: "Enter", does: "Open the row", where: "In lists" },
  select: { keys: "x", does: "Choose the row", where: "In lists" },
  selectAll: { keys: "a", does: "Choose all rows shown", where: "In lists" },
  retry: { keys: "r", does: "Retry", where: "On a job" },
  cancel: { keys: "c", does: "Cancel", where: "On a job" },
  remove: { keys: "d", does: "Delete", where: "On a job" },
} satisfies Record<string, Shortcut>;

export type ShortcutId = keyof typeof SHORTCUTS;

/** The keys as they are printed: `⌘K`, `g then j`. */
export function printed(id: ShortcutId, mac = navigator.platform.startsWith("Mac")): string {
  return SHORTCUTS[id].keys
    .replace("$mod+k", mac ? "⌘K" : "Ctrl K")
    .replace("Shift+?", "?")
    .replace("Enter", "↵")
    .replace("Escape", "Esc")
    .replace(" ", id === "palette" ? " " : " then ");
}
