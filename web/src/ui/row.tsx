import type { ReactNode } from "react";
import { Words } from "~/ui/words.tsx";

interface Props {
  readonly label: ReactNode;
  /** Of the control that the label names; absent where the control names itself. */
  readonly id?: string | undefined;
  /** In a group of its own: the name stands above the control, not beside it. */
  readonly inside?: boolean;
  readonly children: ReactNode;
}

/** A name and its control; the rows of a form stand in step. */
export function Row({ label, id, inside = false, children }: Props) {
  const naming = `font-medium text-sm ${inside ? "" : "md:pt-1.5"}`;
  return (
    <div
      className={
        inside
          ? "flex min-w-0 flex-col gap-1"
          : "grid min-w-0 gap-x-6 gap-y-1 md:grid-cols-[10rem_minmax(0,1fr)]"
      }
    >
      {id ? (
        <label htmlFor={id} className={naming}>
          {label}
        </label>
      ) : (
        <span className={naming}>{label}</span>
      )}
      <div className="flex min-w-0 max-w-160 flex-col gap-1">{children}</div>
    </div>
  );
}

interface BelowProps {
  /** Of the control that these words describe. */
  readonly id?: string | undefined;
  /** What is wrong with the value. */
  readonly faults?: readonly string[] | undefined;
  /** What it means. */
  readonly hint?: string | undefined;
}

/** What a value means, and what is wrong with it. */
export function Below({ id, faults = [], hint }: BelowProps) {
  return (
    <div id={id && `${id}.hint`} className="flex flex-col gap-0.5 text-sm empty:hidden">
      {faults.map((message) => (
        <p key={message} className="text-failed">
          <Words text={message} />
        </p>
      ))}
      {hint && (
        <p className="max-w-prose text-soft">
          <Words text={hint} />
        </p>
      )}
    </div>
  );
}
