import { X } from "lucide-react";
import { type ReactNode, useEffect, useRef } from "react";
import { useShortcut } from "~/keys/keyboard.tsx";
import { useArrival } from "~/ui/use-arrival.ts";

interface Props {
  readonly label: string;
  readonly onClose: () => void;
  readonly children: ReactNode;
}

/** Stands beside a list that stays as it is; on a phone it covers the page. Escape closes it. */
export function Panel({ label, onClose, children }: Props) {
  const frame = useRef<HTMLElement>(null);
  useShortcut("close", onClose);
  useArrival(frame, "side");
  useEffect(() => {
    const before = document.activeElement;
    frame.current?.focus();
    return () => {
      if (before instanceof HTMLElement && before.isConnected) before.focus();
    };
  }, []);
  return (
    <aside
      ref={frame}
      tabIndex={-1}
      aria-label={label}
      className="relative flex h-full w-full shrink-0 flex-col overflow-auto border-hairline border-l bg-ground outline-none max-md:fixed max-md:inset-0 max-md:z-30 md:w-[clamp(26rem,42vw,46rem)]"
    >
      <button
        type="button"
        aria-label="Close"
        title="Close (Esc)"
        onClick={onClose}
        className="absolute top-3 right-3 z-10 grid size-8 cursor-pointer place-items-center rounded-md text-faint hover:bg-hover hover:text-ink"
      >
        <X aria-hidden className="size-4" />
      </button>
      {children}
    </aside>
  );
}
