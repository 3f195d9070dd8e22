import { Dialog as Base } from "@base-ui/react/dialog";
import type { ReactNode } from "react";

interface Props {
  readonly open: boolean;
  readonly onOpenChange: (open: boolean) => void;
  readonly title: string;
  readonly description?: string;
  readonly width?: string;
  readonly children: ReactNode;
}

/** Traps focus, closes with Escape, and gives focus back to where it was. */
export function Dialog({
  open,
  onOpenChange,
  title,
  description,
  width = "w-120",
  children,
}: Props) {
  return (
    <Base.Root open={open} onOpenChange={onOpenChange}>
      <Base.Portal>
        <Base.Backdrop className="fixed inset-0 z-40 bg-sunken/70 transition-opacity duration-100 data-ending-style:opacity-0 data-starting-style:opacity-0" />
        <Base.Popup
          className={`fixed top-[12vh] left-1/2 z-50 flex max-h-[76vh] max-w-[calc(100vw-2rem)] -translate-x-1/2 flex-col gap-4 overflow-auto rounded-xl border border-hairline bg-raised p-5 shadow-float transition-[scale,opacity] duration-100 ease-settle data-ending-style:scale-[0.985] data-ending-style:opacity-0 data-starting-style:scale-[0.985] data-starting-style:opacity-0 ${width}`}
        >
          <header>
            <Base.Title className="font-semibold text-lg">{title}</Base.Title>
            {description && (
              <Base.Description className="mt-1 text-soft">{description}</Base.Description>
            )}
          </header>
          {children}
        </Base.Popup>
      </Base.Portal>
    </Base.Root>
  );
}
