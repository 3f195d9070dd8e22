import type { ReactNode } from "react";
import { Button } from "~/ui/button.tsx";

interface Props {
  readonly onClick: () => void;
  readonly unless?: string | undefined;
  readonly children: ReactNode;
}

/** What can be done to a row, at its end: its words line up with the head of the column. */
export function RowButton({ onClick, unless, children }: Props) {
  return (
    <span className="-mr-3 inline-flex">
      <Button kind="quiet" onClick={onClick} unless={unless}>
        {children}
      </Button>
    </span>
  );
}
