import { useEffect, useEffectEvent } from "react";
import type { ShortcutId } from "~/keys/shortcuts.ts";

export interface Command {
  readonly name: string;
  readonly run: () => void;
  readonly shortcut?: ShortcutId;
}

type Offer = () => readonly Command[];

const offers = new Set<Offer>();

/** Offers commands in the palette, as things stand when it opens, while the component is there. */
export function useCommands(offer: Offer): void {
  const now = useEffectEvent(offer);
  useEffect(() => {
    const mine = () => now();
    offers.add(mine);
    return () => {
      offers.delete(mine);
    };
  }, []);
}

/** What the page offers now, beside what every page has. */
export function offered(): readonly Command[] {
  return [...offers].flatMap((offer) => offer());
}
