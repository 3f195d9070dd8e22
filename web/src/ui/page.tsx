import { type ReactNode, useRef } from "react";
import { useArrival } from "~/ui/use-arrival.ts";

interface Props {
  readonly title: string;
  /** Beside the title: a count, a state. */
  readonly note?: ReactNode;
  readonly actions?: ReactNode;
  readonly children: ReactNode;
}

/** A page that scrolls as a whole; its title is the only `h1`. */
export function Page({ title, note, actions, children }: Props) {
  const frame = useRef<HTMLDivElement>(null);
  useArrival(frame, "below");
  return (
    <div
      ref={frame}
      className="mx-auto flex w-full max-w-400 flex-col gap-5 px-4 pt-5 pb-12 md:px-6"
    >
      <PageHead title={title} note={note} actions={actions} />
      {children}
    </div>
  );
}

export function PageHead({ title, note, actions }: Omit<Props, "children">) {
  return (
    <header className="flex min-h-8 flex-wrap items-center gap-x-3 gap-y-2">
      <h1 className="font-semibold text-xl tracking-tight">{title}</h1>
      {note && <div className="text-soft">{note}</div>}
      {actions && <div className="ml-auto flex flex-wrap items-center gap-2">{actions}</div>}
    </header>
  );
}

/** A part of a page under a heading of its own. */
export function Section({ title, note, actions, children }: Props) {
  return (
    <section aria-label={title} className="flex min-w-0 flex-col gap-2">
      <header className="flex min-h-8 flex-wrap items-center gap-x-3">
        <h2 className="font-medium text-lg">{title}</h2>
        {note && <div className="text-soft text-sm">{note}</div>}
        {actions && <div className="ml-auto flex items-center gap-2">{actions}</div>}
      </header>
      {children}
    </section>
  );
}
