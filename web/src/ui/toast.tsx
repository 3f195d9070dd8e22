import { Toast as Base } from "@base-ui/react/toast";
import { X } from "lucide-react";
import type { ReactNode } from "react";

/** Says in a corner that something was done; never the only copy of an error. */
export function ToastProvider({ children }: { children: ReactNode }) {
  return (
    <Base.Provider timeout={6_000}>
      {children}
      <Base.Portal>
        <Base.Viewport className="fixed right-4 bottom-4 z-60 flex w-88 max-w-[calc(100vw-2rem)] flex-col gap-2 max-md:bottom-18">
          <Toasts />
        </Base.Viewport>
      </Base.Portal>
    </Base.Provider>
  );
}

function Toasts() {
  const { toasts } = Base.useToastManager();
  return toasts.map((toast) => (
    <Base.Root
      key={toast.id}
      toast={toast}
      className="flex items-start gap-3 rounded-lg border border-hairline bg-raised p-3 shadow-float transition-opacity duration-100 data-ending-style:opacity-0 data-starting-style:opacity-0"
    >
      <div className="min-w-0 flex-1">
        <Base.Title className="font-medium" />
        <Base.Description className="text-soft" />
      </div>
      <Base.Close
        aria-label="Close"
        className="grid size-6 cursor-pointer place-items-center rounded text-faint hover:bg-hover hover:text-ink"
      >
        <X aria-hidden className="size-3.5" />
      </Base.Close>
    </Base.Root>
  ));
}

/** `say("Job cancelled")`. */
export function useSay(): (title: string, description?: string) => void {
  const { add } = Base.useToastManager();
  return (title, description) => {
    add({ title, ...(description ? { description } : {}) });
  };
}
