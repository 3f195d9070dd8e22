import {
  createContext,
  type ReactNode,
  useContext,
  useEffect,
  useEffectEvent,
  useState,
} from "react";
import { createKeybindingsHandler } from "tinykeys";
import { SHORTCUTS, type ShortcutId } from "~/keys/shortcuts.ts";

/** Who answers to which shortcut; the latest on the page comes first. */
class Desk {
  readonly #handlers = new Map<ShortcutId, (() => void)[]>();

  take(id: ShortcutId, handler: () => void): () => void {
    this.#handlers.set(id, [handler, ...(this.#handlers.get(id) ?? [])]);
    return () => {
      const others = this.#handlers.get(id)?.filter((it) => it !== handler) ?? [];
      this.#handlers.set(id, others);
    };
  }

  /** Whether somebody answered. */
  press(id: ShortcutId): boolean {
    const handler = this.#handlers.get(id)?.[0];
    handler?.();
    return handler !== undefined;
  }
}

const DeskContext = createContext<Desk | undefined>(undefined);

/** Listens to the keyboard while single keys are wanted (WCAG 2.1.4). */
export function Keyboard({ enabled, children }: { enabled: boolean; children: ReactNode }) {
  const [desk] = useState(() => new Desk());
  useEffect(() => {
    const ignore = (event: KeyboardEvent) => !isPalette(event) && (!enabled || isBusy(event));
    const bindings = Object.entries(SHORTCUTS).map(([id, { keys }]) => [
      keys,
      (event: KeyboardEvent) => {
        if (desk.press(id as ShortcutId)) event.preventDefault();
        listen = listener();
      },
    ]);
    // A new one after each shortcut: a `g` that was answered would still wait for other keys.
    const listener = () => createKeybindingsHandler(Object.fromEntries(bindings), { ignore });
    let listen = listener();
    const onKey = (event: KeyboardEvent) => listen(event);
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, [desk, enabled]);
  return <DeskContext value={desk}>{children}</DeskContext>;
}

/** Answers to a shortcut as long as the component is on the page. */
export function useShortcut(id: ShortcutId, handler: () => void): void {
  const desk = useContext(DeskContext);
  const act = useEffectEvent(handler);
  useEffect(() => desk?.take(id, () => act()), [desk, id]);
}

function isPalette(event: KeyboardEvent): boolean {
  return event.key === "k" && (event.metaKey || event.ctrlKey);
}

/** While somebody types or a dialog is open, keys mean what they say. */
function isBusy(event: KeyboardEvent): boolean {
  const target = event.target instanceof HTMLElement ? event.target : undefined;
  const typing = target?.closest(
    "input, textarea, select, [contenteditable], [role=listbox], [role=combobox]",
  );
  const inControl = event.key === "Enter" && target?.closest("button, a");
  return Boolean(
    typing ||
      inControl ||
      event.ctrlKey ||
      event.metaKey ||
      event.altKey ||
      // What says in a corner that something was done is a dialog too, and takes no keys.
      document.querySelector(
        "[role=dialog]:not([aria-modal=false]), [role=alertdialog], [role=menu]",
      ),
  );
}
