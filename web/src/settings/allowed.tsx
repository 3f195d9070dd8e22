import type { ReactNode } from "react";
import type { Permission } from "~/api/schema.ts";
import { useUnless } from "~/session/use-session.ts";
import { Empty } from "~/ui/faces.tsx";

interface Props {
  readonly permission: Permission;
  /** What is said to others. */
  readonly title: string;
  /** Made only when it may be seen, so that nothing is asked for in vain. */
  readonly children: () => ReactNode;
}

/** A part for those who may see it; the others are told why not. */
export function Allowed({ permission, title, children }: Props) {
  const unless = useUnless(permission);
  if (unless === undefined) return children();
  return (
    <Empty title={title}>
      <p>{unless}</p>
    </Empty>
  );
}
