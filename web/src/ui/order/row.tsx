import type { ReactNode } from "react";
import { type Faults, NO_FAULTS } from "~/ui/order/faults.ts";
import { Below, Row as PlainRow } from "~/ui/row.tsx";

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

/** A row of an order, which tells what the server says of its value. */
export function Row({ label, id, hint, pointer, faults = NO_FAULTS, children }: Props) {
  return (
    <PlainRow label={label} id={id}>
      {children}
      <Below id={id} faults={pointer === undefined ? undefined : faults.get(pointer)} hint={hint} />
    </PlainRow>
  );
}
