import { Link, useLocation, useNavigate } from "@tanstack/react-router";
import { PanelLeft, Plus, Search } from "lucide-react";
import { type ReactNode, useState } from "react";
import { Followers } from "~/job/followers.tsx";
import { type Command, offered } from "~/keys/commands.ts";
import { useShortcut } from "~/keys/keyboard.tsx";
import { printed } from "~/keys/shortcuts.ts";
import { useNow } from "~/lib/use-now.ts";
import { Announcer } from "~/live/announcer.tsx";
import { useLive } from "~/live/live.tsx";
import { usePulse } from "~/live/pulse.ts";
import { BottomBar } from "~/shell/bottom-bar.tsx";
import { FreshnessPill } from "~/shell/freshness-pill.tsx";
import { marks } from "~/shell/marks.ts";
import { Palette } from "~/shell/palette.tsx";
import { PersonMenu } from "~/shell/person-menu.tsx";
import { PlaceMark } from "~/shell/place-mark.tsx";
import { usePreferences } from "~/shell/preferences.tsx";
import { ShortcutSheet } from "~/shell/shortcut-sheet.tsx";
import { useCommands } from "~/shell/use-commands.ts";
import { usePlaces } from "~/shell/use-places.ts";
import { useTitle } from "~/shell/use-title.ts";
import { buttonLook } from "~/ui/button.tsx";
import { Kbd } from "~/ui/kbd.tsx";
import { Mark } from "~/ui/mark.tsx";

/** What stands around every page: where to go, what to do, how fresh it is, who is here. */
export function Shell({ children }: { children: ReactNode }) {
  const [open, setOpen] = useState<"palette" | "sheet">();
  const { paused, setPaused } = useLive();
  useTitle();
  const navigate = useNavigate();
  const commands = useCommands({ onSheet: () => setOpen("sheet") });
  const [here, setHere] = useState<readonly Command[]>([]);

  function openPalette(): void {
    setHere(offered());
    setOpen("palette");
  }
  useShortcut("palette", openPalette);
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
          onClick={openPalette}
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
        <SubmitLink />
        <Announcer />
        <PersonMenu onShortcuts={() => setOpen("sheet")} />
      </header>
      <main id="content" tabIndex={-1} className="relative min-h-0 overflow-auto outline-none">
        {children}
      </main>
      <BottomBar />
      <Followers />
      <Palette
        open={open === "palette"}
        onOpenChange={(wanted) => setOpen(wanted ? "palette" : undefined)}
        commands={[...here, ...commands]}
        onId={(jobId) => void navigate({ to: "/jobs/$jobId", params: { jobId } })}
        onWords={(q) => void navigate({ to: "/jobs", search: { q } })}
      />
      <ShortcutSheet
        open={open === "sheet"}
        onOpenChange={(wanted) => setOpen(wanted ? "sheet" : undefined)}
      />
    </div>
  );
}

/** The first thing to do here, from every page but the one it leads to. */
function SubmitLink() {
  if (useLocation().pathname === "/submit") return null;
  return (
    <Link
      to="/submit"
      aria-label="Submit a job"
      title={`Submit a job (${printed("submit")})`}
      className={`${buttonLook("primary")} max-md:w-8 max-md:px-0`}
    >
      <Plus aria-hidden className="size-4 md:-ml-1" />
      <span className="max-md:hidden">Submit a job</span>
    </Link>
  );
}

function Rail() {
  const { narrow, setNarrow } = usePreferences();
  const places = usePlaces();
  const found = marks(usePulse(), useNow());
  return (
    <nav
      aria-label="Pages"
      className={`row-span-2 hidden flex-col gap-0.5 border-hairline border-r bg-sunken p-2 md:flex ${narrow ? "w-14" : "w-54"}`}
    >
      <div className="px-2 py-1.5 pb-4">
        <Mark short={narrow} />
      </div>
      {places.map(({ to, name, icon: Icon }) => (
        <Link
          key={to}
          to={to}
          title={narrow ? name : undefined}
          activeOptions={{ exact: to === "/", includeSearch: false }}
          className="relative flex h-8 items-center gap-2.5 rounded-md px-3 text-soft hover:bg-hover hover:text-ink aria-[current=page]:bg-raised aria-[current=page]:font-medium aria-[current=page]:text-ink"
        >
          <Icon aria-hidden className="size-4 shrink-0" strokeWidth={1.75} />
          <span className={narrow ? "sr-only" : ""}>{name}</span>
          <PlaceMark mark={found[to]} narrow={narrow} />
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
