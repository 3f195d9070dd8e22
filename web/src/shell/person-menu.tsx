import { Menu } from "@base-ui/react/menu";
import { CircleUserRound } from "lucide-react";
import { signOut } from "~/api/session.ts";
import { localZone } from "~/lib/time.ts";
import { useSession } from "~/session/use-session.ts";
import { THEMES, type Theme, usePreferences } from "~/shell/preferences.tsx";

const ITEM =
  "flex h-8 cursor-pointer items-center gap-2 rounded-md px-2.5 outline-none data-highlighted:bg-hover";
const NAMES: Record<Theme, string> = { system: "As the system", light: "Light", dark: "Dark" };

/** Who is signed in, and how they like it. */
export function PersonMenu({ onShortcuts }: { onShortcuts: () => void }) {
  const session = useSession();
  const { theme, setTheme, zone, setZone } = usePreferences();
  if (session.state !== "in") return null;
  const { username, role } = session.account;
  return (
    <Menu.Root>
      <Menu.Trigger className="flex h-8 cursor-pointer items-center gap-2 rounded-md px-2 text-soft hover:bg-hover hover:text-ink">
        <CircleUserRound aria-hidden className="size-4" strokeWidth={1.75} />
        {username}
      </Menu.Trigger>
      <Menu.Portal>
        <Menu.Positioner align="end" sideOffset={6} className="z-50">
          <Menu.Popup className="w-56 rounded-xl border border-hairline bg-raised p-1.5 shadow-float outline-none">
            <p className="px-2.5 py-1.5 text-soft text-sm">
              {username}, {role}
            </p>
            <Menu.RadioGroup value={theme} onValueChange={setTheme}>
              <Menu.GroupLabel className="px-2.5 pt-2 text-faint text-sm">Theme</Menu.GroupLabel>
              {THEMES.map((it) => (
                <Menu.RadioItem key={it} value={it} className={ITEM}>
                  <Check />
                  {NAMES[it]}
                </Menu.RadioItem>
              ))}
            </Menu.RadioGroup>
            <Menu.RadioGroup value={zone} onValueChange={setZone}>
              <Menu.GroupLabel className="px-2.5 pt-2 text-faint text-sm">Times in</Menu.GroupLabel>
              {[...new Set([localZone, "UTC", zone])].map((it) => (
                <Menu.RadioItem key={it} value={it} className={ITEM}>
                  <Check />
                  {it}
                </Menu.RadioItem>
              ))}
            </Menu.RadioGroup>
            <Menu.Separator className="my-1.5 h-px bg-hairline" />
            <Menu.Item className={ITEM} onClick={onShortcuts}>
              Keyboard shortcuts
            </Menu.Item>
            <Menu.Item className={ITEM} onClick={() => void signOut()}>
              Sign out
            </Menu.Item>
          </Menu.Popup>
        </Menu.Positioner>
      </Menu.Portal>
    </Menu.Root>
  );
}

function Check() {
  return (
    <span className="w-3 text-ember">
      <Menu.RadioItemIndicator>●</Menu.RadioItemIndicator>
    </span>
  );
}
