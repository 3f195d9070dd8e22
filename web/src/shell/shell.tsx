import { Link, useNavigate } from "@tanstack/react-router";
import { PanelLeft, Search } from "lucide-react";
import { type ReactNode, useState } from "react";
import { useShortcut } from "~/keys/keyboard.tsx";
import { printed } from "~/keys/shortcuts.ts";
import { useLive } from "~/live/live.tsx";
import { BottomBar } from "~/shell/bottom-bar.tsx";
import { FreshnessPill } from "~/shell/freshness-pill.tsx";
import { Palette } from "~/shell/palette.tsx";
import { PersonMenu } from "~/shell/person-menu.tsx";
import { PLACES } from "~/shell/places.ts";
import { usePreferences } from "~/shell/preferences.tsx";
import { ShortcutSheet } from "~/shell/shortcut-sheet.tsx";
import { useCommands } from "~/shell/use-commands.ts";
import { Kbd } from "~/ui/kbd.tsx";
import { Mark } from "~/ui/mark.tsx";

/** What stands around every page: where to go, what to do, how fresh it is, who is here. */
export function Shell({ children }: { children: ReactNode }) {
  const [open, setOpen] = useState<"palette" | "sheet">();
  const { paused, setPaused } = useLive();
  const navigate = useNavigate();
  const commands = useCommands({ onSheet: () => setOpen("sheet") });

  useShortcut("palette", () => setOpen("palette"));
  useShortcut("sheet", () => setOpen("sheet"));
  useShortcut("pause", () => setPaused(!paused));

  return (
    <div className="grid h-dvh grid-cols-1 grid-rows-[3rem_1fr_auto] md:grid-cols-[auto_1fr] md:grid-rows-[3rem_1fr]">
      <a
        href="#content"
        className="sr-only z-50 bg-raised focus:not-sr-only focus:absolute focus:p-3"
      >
        Skip to content
      </a>
      <Rail />
      <header className="flex items-center gap-2 border-hairline border-b px-3 md:px-6">
        <button
          type="button"
          onClick={() => setOpen("palette")}
          className="flex h-8 min-w-0 flex-1 cursor-pointer items-center gap-2 rounded-md px-2 text-faint hover:bg-hover md:max-w-72"
        >
          <Search aria-hidden className="size-4 shrink-0" strokeWidth={1.75} />
          <span className="truncate">Find or do anything</span>
          <span className="ml-auto hidden md:block">
            <Kbd keys={printed("palette")} />
          </span>
        </button>
        <span className="ml-auto" />
        <FreshnessPill />
        <PersonMenu onShortcuts={() => setOpen("sheet")} />
      </header>
      <main id="content" tabIndex={-1} className="min-h-0 overflow-auto outline-none">
        {children}
      </main>
      <BottomBar />
      <Palette
        open={open === "palette"}
        onOpenChange={(wanted) => setOpen(wanted ? "palette" : undefined)}
        commands={commands}
        onWords={(q) => void navigate({ to: "/jobs", search: { q } })}
      />
      <ShortcutSheet
        open={open === "sheet"}
        onOpenChange={(wanted) => setOpen(wanted ? "sheet" : undefined)}
      />
    </div>
  );
}

function Rail() {
  const { narrow, setNarrow } = usePreferences();
  return (
    <nav
      aria-label="Pages"
      className={`row-span-2 hidden flex-col gap-0.5 border-hairline border-r bg-sunken p-2 md:flex ${narrow ? "w-14" : "w-54"}`}
    >
      <div className="px-2 py-1.5 pb-4">
        <Mark short={narrow} />
      </div>
      {PLACES.map(({ to, name, icon: Icon }) => (
        <Link
          key={to}
          to={to}
          title={narrow ? name : undefined}
          activeOptions={{ exact: to === "/" }}
          className="flex h-8 items-center gap-2.5 rounded-md px-3 text-soft hover:bg-hover hover:text-ink aria-[current=page]:bg-hover aria-[current=page]:font-medium aria-[current=page]:text-ink"
        >
          <Icon aria-hidden className="size-4 shrink-0" strokeWidth={1.75} />
          <span className={narrow ? "sr-only" : ""}>{name}</span>
        </Link>
      ))}
      <button
        type="button"
        aria-label={narrow ? "Widen the rail" : "Narrow the rail"}
        aria-expanded={!narrow}
        onClick={() => setNarrow(!narrow)}
        className="mt-auto flex h-8 cursor-pointer items-center rounded-md px-3 text-faint hover:bg-hover hover:text-ink"
      >
        <PanelLeft aria-hidden className="size-4" strokeWidth={1.75} />
      </button>
    </nav>
  );
}
