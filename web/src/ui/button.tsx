import { Button as Base } from "@base-ui/react/button";
import type { ReactNode } from "react";

const KINDS = {
  /** The one thing to do here. */
  primary:
    "border border-transparent bg-ember-fill text-on-ember hover:brightness-105 active:brightness-95 forced-colors:bg-[ButtonFace] forced-colors:text-[ButtonText]",
  plain: "border border-edge bg-raised text-ink hover:bg-hover",
  quiet: "border border-transparent text-soft hover:bg-hover hover:text-ink",
  danger: "border border-failed/50 text-failed hover:bg-failed/10",
} as const;

const SHAPE =
  "inline-flex h-8 cursor-pointer items-center justify-center gap-2 whitespace-nowrap rounded-md px-3 font-medium text-base transition-[background-color,filter] duration-100";

/** For a link that leads to a deed, and so looks like a button. */
export function buttonLook(kind: keyof typeof KINDS): string {
  return `${SHAPE} ${KINDS[kind]}`;
}

interface Props {
  readonly kind?: keyof typeof KINDS;
  readonly onClick?: () => void;
  readonly type?: "button" | "submit";
  /** Why it cannot be used now; the button stays focusable, so that the reason can be read. */
  readonly unless?: string | undefined;
  /** Needed when there is only an icon inside. */
  readonly label?: string;
  readonly children: ReactNode;
}

export function Button({
  kind = "plain",
  onClick,
  type = "button",
  unless,
  label,
  children,
}: Props) {
  return (
    <Base
      type={type}
      disabled={unless !== undefined}
      focusableWhenDisabled
      title={unless ?? label}
      aria-label={label}
      onClick={onClick}
      className={`${buttonLook(kind)} data-disabled:cursor-not-allowed data-disabled:opacity-50`}
    >
      {children}
    </Base>
  );
}
