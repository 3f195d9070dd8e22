import { Check, Copy as CopyIcon, type LucideIcon } from "lucide-react";
import { useState } from "react";
import { copyText } from "~/lib/clipboard.ts";

interface Props {
  /** Made when it is asked for, where that is dear. */
  readonly text: string | (() => string);
  /** What is copied, for those who do not see what stands beside it: "the id". */
  readonly what: string;
  /** Shown beside the sign. */
  readonly children?: string;
  readonly icon?: LucideIcon;
}

export function Copy({ text, what, children, icon: Icon = CopyIcon }: Props) {
  const [copied, setCopied] = useState(false);
  return (
    <button
      type="button"
      aria-label={children ? undefined : `Copy ${what}`}
      title={copied ? "Copied" : `Copy ${what}`}
      onClick={async () => setCopied(await copyText(typeof text === "string" ? text : text()))}
      onBlur={() => setCopied(false)}
      onPointerLeave={() => setCopied(false)}
      className="inline-flex h-6 min-w-6 cursor-pointer items-center justify-center gap-1.5 rounded px-1 text-faint hover:bg-hover hover:text-ink"
    >
      {copied ? (
        <Check aria-hidden className="size-3.5 text-success" />
      ) : (
        <Icon aria-hidden className="size-3.5" strokeWidth={1.75} />
      )}
      {children}
      <span role="status" className="sr-only">
        {copied ? "Copied" : ""}
      </span>
    </button>
  );
}
