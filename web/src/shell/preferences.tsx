import { createContext, type ReactNode, useContext, useState } from "react";
import { remember, remembered } from "~/lib/storage.ts";
import { localZone, type Zone } from "~/lib/time.ts";
import { ZoneContext } from "~/ui/moment.tsx";

export type Theme = "system" | "light" | "dark";
export const THEMES: readonly Theme[] = ["system", "light", "dark"];

interface Preferences {
  readonly theme: Theme;
  readonly setTheme: (theme: Theme) => void;
  readonly zone: Zone;
  readonly setZone: (zone: Zone) => void;
  readonly narrow: boolean;
  readonly setNarrow: (narrow: boolean) => void;
  readonly singleKeys: boolean;
  readonly setSingleKeys: (wanted: boolean) => void;
}

const Context = createContext<Preferences | undefined>(undefined);

/** A person's taste, kept in this browser. */
export function PreferencesProvider({ children }: { children: ReactNode }) {
  const [theme, keepTheme] = useState<Theme>(() => readTheme());
  const [zone, setZone] = useKept("zone", localZone);
  const [rail, setRail] = useKept("rail", "wide");
  const [keys, setKeys] = useKept("keys", "on");

  function setTheme(next: Theme): void {
    keepTheme(next);
    remember("theme", next === "system" ? undefined : next);
    if (next === "system") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = next;
  }

  return (
    <Context
      value={{
        theme,
        setTheme,
        zone,
        setZone,
        narrow: rail === "narrow",
        setNarrow: (narrow) => setRail(narrow ? "narrow" : "wide"),
        singleKeys: keys === "on",
        setSingleKeys: (wanted) => setKeys(wanted ? "on" : "off"),
      }}
    >
      <ZoneContext value={zone}>{children}</ZoneContext>
    </Context>
  );
}

export function usePreferences(): Preferences {
  const preferences = useContext(Context);
  if (!preferences) throw new Error("usePreferences belongs inside a PreferencesProvider");
  return preferences;
}

function readTheme(): Theme {
  const theme = remembered("theme");
  return theme === "light" || theme === "dark" ? theme : "system";
}

function useKept(key: string, usual: string): [string, (value: string) => void] {
  const [value, setValue] = useState(() => remembered(key) ?? usual);
  return [
    value,
    (next) => {
      setValue(next);
      remember(key, next === usual ? undefined : next);
    },
  ];
}
