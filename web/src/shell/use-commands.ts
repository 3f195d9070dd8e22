import { useNavigate } from "@tanstack/react-router";
import { signOut } from "~/api/session.ts";
import type { Command } from "~/keys/commands.ts";
import { useShortcut } from "~/keys/keyboard.tsx";
import { localZone } from "~/lib/time.ts";
import { PLACES } from "~/shell/places.ts";
import { THEMES, usePreferences } from "~/shell/preferences.tsx";

/** What the palette offers on every page, and the shortcuts that go with it. */
export function useCommands({ onSheet }: { onSheet: () => void }): readonly Command[] {
  const navigate = useNavigate();
  const { theme, setTheme, zone, setZone } = usePreferences();
  const go = (to: string) => () => void navigate({ to });
  const nextTheme = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length] ?? "system";

  useShortcut("submit", go("/submit"));
  useShortcut("theme", () => setTheme(nextTheme));
  for (const { to, shortcut } of PLACES) {
    // biome-ignore lint/correctness/useHookAtTopLevel: the table is constant, so is the order
    useShortcut(shortcut, go(to));
  }

  return [
    ...PLACES.map(({ to, name, shortcut }) => ({ name: `Go to ${name}`, run: go(to), shortcut })),
    { name: "Submit a job", run: go("/submit"), shortcut: "submit" },
    { name: "Go to bulk operations", run: go("/operations") },
    { name: "Change the theme", run: () => setTheme(nextTheme), shortcut: "theme" },
    zone === "UTC"
      ? { name: `Show times in ${localZone}`, run: () => setZone(localZone) }
      : { name: "Show times in UTC", run: () => setZone("UTC") },
    { name: "Show the keyboard shortcuts", run: onSheet, shortcut: "sheet" },
    { name: "Sign out", run: () => void signOut() },
  ];
}
