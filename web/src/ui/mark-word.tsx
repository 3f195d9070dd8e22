import type { LucideIcon } from "lucide-react";

interface Props {
  readonly icon: LucideIcon;
  readonly tone: string;
  readonly children: string;
}

/** A state told by shape, then word, then colour. */
export function MarkWord({ icon: Icon, tone, children }: Props) {
  return (
    <span className={`inline-flex items-center gap-1.5 whitespace-nowrap align-top ${tone}`}>
      <Icon aria-hidden className="size-3.5 shrink-0" strokeWidth={2.25} />
      {children}
    </span>
  );
}
