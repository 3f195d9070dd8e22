import type { ReactNode } from "react";
import { type Faults, NO_FAULTS } from "~/ui/order/faults.ts";
import { Words } from "~/ui/words.tsx";

interface Props {
  readonly label: string;
  /** Of the control that the label names; absent where the control names itself. */
  readonly id?: string;
  readonly hint?: string;
  /** Whose faults are told here. */
  readonly pointer?: string;
  readonly faults?: Faults;
  readonly children: ReactNode;
}

/** A name and its control, in step with the rows of a schema's form. */
export function Row({ label, id, hint, pointer, faults = NO_FAULTS, children }: Props) {
  const naming = "font-medium text-sm md:pt-1.5";
  return (
    <div className="grid min-w-0 gap-x-6 gap-y-1 md:grid-cols-[10rem_minmax(0,1fr)]">
      {id ? (
        <label htmlFor={id} className={naming}>
          {label}
        </label>
      ) : (
        <span className={naming}>{label}</span>
      )}
      <div className="flex min-w-0 max-w-160 flex-col gap-1">
        {children}
        <div id={id && `${id}.hint`} className="flex flex-col gap-0.5 text-sm empty:hidden">
          {(pointer === undefined ? [] : (faults.get(pointer) ?? [])).map((message) => (
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
      </div>
    </div>
  );
}
