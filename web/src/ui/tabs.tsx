import { Tabs as Base } from "@base-ui/react/tabs";
import type { ReactNode } from "react";

export interface Tab<Name extends string> {
  readonly name: Name;
  readonly label: ReactNode;
  readonly content: () => ReactNode;
}

interface Props<Name extends string> {
  readonly label: string;
  readonly tabs: readonly Tab<Name>[];
  /** Which one is open; the URL remembers it. */
  readonly open: Name;
  readonly onOpen: (name: Name) => void;
}

export function Tabs<Name extends string>({ label, tabs, open, onOpen }: Props<Name>) {
  return (
    <Base.Root value={open} onValueChange={(name: Name) => onOpen(name)} className="min-w-0">
      <Base.List
        aria-label={label}
        className="flex gap-1 overflow-x-auto border-hairline border-b [scrollbar-width:none]"
      >
        {tabs.map(({ name, label: text }) => (
          <Base.Tab
            key={name}
            value={name}
            className="-mb-px flex h-9 cursor-pointer items-center gap-2 whitespace-nowrap border-transparent border-b-2 px-2.5 text-soft -outline-offset-2 hover:text-ink data-active:border-ember data-active:font-medium data-active:text-ink forced-colors:not-data-active:border-[Canvas]"
          >
            {text}
          </Base.Tab>
        ))}
      </Base.List>
      {tabs.map(({ name, content }) => (
        <Base.Panel key={name} value={name} className="pt-4 outline-none focus-visible:outline-2">
          {content()}
        </Base.Panel>
      ))}
    </Base.Root>
  );
}
