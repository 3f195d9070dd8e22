import { Menu as Base } from "@base-ui/react/menu";
import type { LucideIcon } from "lucide-react";
import type { ReactNode } from "react";

export interface Choice {
  readonly name: string;
  readonly icon?: LucideIcon;
  readonly run: () => void;
  /** Why it cannot be chosen now. */
  readonly unless?: string | undefined;
  readonly danger?: boolean;
}

interface Props {
  readonly label: string;
  readonly trigger: ReactNode;
  readonly choices: readonly Choice[];
}

/** More to do than buttons would show. */
export function Menu({ label, trigger, choices }: Props) {
  return (
    <Base.Root>
      <Base.Trigger
        aria-label={label}
        className="inline-flex h-8 min-w-8 cursor-pointer items-center justify-center gap-2 rounded-md px-2 text-soft hover:bg-hover hover:text-ink"
      >
        {trigger}
      </Base.Trigger>
      <Base.Portal>
        <Base.Positioner align="end" sideOffset={4} className="z-50">
          <Base.Popup className="min-w-48 rounded-lg border border-hairline bg-raised p-1 shadow-float outline-none">
            {choices.map(({ name, icon: Icon, run, unless, danger }) => (
              <Base.Item
                key={name}
                disabled={unless !== undefined}
                title={unless}
                onClick={run}
                className={`flex min-h-8 cursor-pointer items-center gap-2 rounded-md px-2 outline-none data-disabled:cursor-not-allowed data-highlighted:bg-hover data-disabled:text-faint ${danger ? "text-failed" : ""}`}
              >
                {Icon && <Icon aria-hidden className="size-4" strokeWidth={1.75} />}
                <span>
                  {name}
                  {unless && <span className="block max-w-64 text-sm">{unless}</span>}
                </span>
              </Base.Item>
            ))}
          </Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.Root>
  );
}
