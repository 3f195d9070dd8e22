import { Checkbox as BaseCheckbox } from "@base-ui/react/checkbox";
import { Switch as BaseSwitch } from "@base-ui/react/switch";
import { Check, Minus } from "lucide-react";
import type { ReactNode } from "react";

interface Props {
  readonly checked: boolean;
  readonly onChecked: (checked: boolean) => void;
  readonly disabled?: boolean;
  readonly children: ReactNode;
}

/** On or off, at once. */
export function Switch({ checked, onChecked, disabled = false, children }: Props) {
  return (
    // biome-ignore lint/a11y/noLabelWithoutControl: the switch inside renders the input
    <label className="inline-flex min-h-8 cursor-pointer items-center gap-2.5 has-data-disabled:cursor-not-allowed has-data-disabled:text-faint">
      <BaseSwitch.Root
        checked={checked}
        onCheckedChange={(next) => onChecked(next)}
        disabled={disabled}
        className="flex h-5 w-9 shrink-0 cursor-pointer items-center rounded-full border border-edge bg-hover p-px transition-colors duration-100 data-checked:border-ember-fill data-checked:bg-ember-fill data-disabled:opacity-50"
      >
        <BaseSwitch.Thumb className="size-4 rounded-full bg-soft transition-[translate,background-color] duration-100 data-checked:translate-x-4 data-checked:bg-on-ember forced-colors:bg-[CanvasText] forced-colors:data-checked:bg-[CanvasText]" />
      </BaseSwitch.Root>
      {children}
    </label>
  );
}

interface BoxProps {
  readonly label: string;
  readonly checked: boolean;
  readonly some?: boolean;
  readonly onChecked: (checked: boolean) => void;
  readonly disabled?: boolean;
}

/** Chosen or not; `some` where it stands for many of which some are. */
export function Box({ label, checked, some = false, onChecked, disabled = false }: BoxProps) {
  return (
    <BaseCheckbox.Root
      aria-label={label}
      checked={checked}
      indeterminate={some}
      disabled={disabled}
      onCheckedChange={(next) => onChecked(next)}
      className="grid size-4 cursor-pointer place-items-center rounded-[4px] border border-edge bg-raised after:absolute after:size-6 data-checked:border-ember-fill data-indeterminate:border-ember-fill data-checked:bg-ember-fill data-disabled:cursor-not-allowed data-indeterminate:bg-ember-fill data-disabled:opacity-50"
    >
      <BaseCheckbox.Indicator className="text-on-ember">
        {some ? (
          <Minus aria-hidden className="size-3" strokeWidth={3} />
        ) : (
          <Check aria-hidden className="size-3" strokeWidth={3} />
        )}
      </BaseCheckbox.Indicator>
    </BaseCheckbox.Root>
  );
}
