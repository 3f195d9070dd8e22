import { Autocomplete } from "@base-ui/react/autocomplete";
import { Dialog } from "@base-ui/react/dialog";
import { useState } from "react";
import type { Command } from "~/keys/commands.ts";
import { printed } from "~/keys/shortcuts.ts";
import { Kbd } from "~/ui/kbd.tsx";

/** Also inside a longer text, as when a line of a log is pasted. */
const UUID = /[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}/i;

interface Props {
  readonly open: boolean;
  readonly onOpenChange: (open: boolean) => void;
  readonly commands: readonly Command[];
  /** What is typed and names no command. */
  readonly onWords: (words: string) => void;
  /** The id of a job was pasted. */
  readonly onId: (id: string) => void;
}

/** Everything that can be done from here, by its name. */
export function Palette({ open, onOpenChange, commands, onWords, onId }: Props) {
  const [words, setWords] = useState("");

  function done(run: () => void): void {
    onOpenChange(false);
    setWords("");
    run();
  }

  const typed = words.trim();
  const id = UUID.exec(typed)?.[0].toLowerCase();
  const search: Command[] = [
    ...(id ? [{ name: `Open job ${id}`, run: () => onId(id) }] : []),
    ...(typed ? [{ name: `Find “${typed}” in jobs`, run: () => onWords(typed) }] : []),
  ];
  return (
    <Dialog.Root open={open} onOpenChange={onOpenChange}>
      <Dialog.Portal>
        <Dialog.Backdrop className="fixed inset-0 z-40 bg-sunken/70 transition-opacity duration-100 data-ending-style:opacity-0 data-starting-style:opacity-0" />
        <Dialog.Popup
          aria-label="Palette"
          className="fixed top-[12vh] left-1/2 z-50 w-140 max-w-[calc(100vw-2rem)] -translate-x-1/2 overflow-hidden rounded-xl border border-hairline bg-raised shadow-float"
        >
          <Autocomplete.Root
            open
            inline
            items={[...commands.filter((it) => matches(it, words)), ...search]}
            filter={null}
            value={words}
            onValueChange={setWords}
            autoHighlight="always"
            keepHighlight
            itemToStringValue={(it: Command) => it.name}
          >
            <Autocomplete.Input
              aria-label="What to do"
              placeholder="Go to, do, or paste an id"
              className="h-12 w-full border-hairline border-b bg-transparent px-4 text-lg outline-none placeholder:text-faint"
            />
            <Autocomplete.List className="max-h-[48vh] overflow-auto p-1.5">
              {(it: Command) => (
                <Autocomplete.Item
                  key={it.name}
                  value={it}
                  onClick={() => done(it.run)}
                  className="flex h-9 cursor-pointer items-center justify-between rounded-md px-2.5 data-highlighted:bg-hover"
                >
                  {it.name}
                  {it.shortcut && <Kbd keys={printed(it.shortcut)} />}
                </Autocomplete.Item>
              )}
            </Autocomplete.List>
          </Autocomplete.Root>
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

function matches({ name }: Command, words: string): boolean {
  const text = name.toLowerCase();
  return words
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}
