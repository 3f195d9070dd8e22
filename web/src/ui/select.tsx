import { Select as Base } from "@base-ui/react/select";
import { Check, ChevronsUpDown } from "lucide-react";

export interface Option<Value extends string> {
  readonly value: Value;
  readonly label: string;
}

interface Props<Value extends string> {
  readonly label: string;
  readonly options: readonly Option<Value>[];
  readonly value: Value;
  readonly onValue: (value: Value) => void;
  readonly disabled?: boolean;
  readonly id?: string;
  readonly invalid?: boolean;
  readonly describedBy?: string | undefined;
}

/** One of a few. */
export function Select<Value extends string>({
  label,
  options,
  value,
  onValue,
  ...more
}: Props<Value>) {
  return (
    <Base.Root
      items={options}
      value={value}
      onValueChange={(next) => next !== null && onValue(next as Value)}
      disabled={more.disabled ?? false}
    >
      <Base.Trigger
        id={more.id}
        aria-label={label}
        aria-invalid={more.invalid || undefined}
        aria-describedby={more.describedBy}
        className="flex h-8 min-w-28 cursor-pointer items-center justify-between gap-2 rounded-md border border-edge bg-raised px-2.5 hover:bg-hover aria-invalid:border-failed data-disabled:cursor-not-allowed data-disabled:opacity-50"
      >
        <Base.Value className="truncate" />
        <ChevronsUpDown aria-hidden className="size-3.5 shrink-0 text-faint" />
      </Base.Trigger>
      <Base.Portal>
        <Base.Positioner sideOffset={4} alignItemWithTrigger={false} className="z-50">
          <Base.Popup className="max-h-80 min-w-(--anchor-width) overflow-auto rounded-lg border border-hairline bg-raised p-1 shadow-float outline-none">
            {options.map((it) => (
              <Base.Item
                key={it.value}
                value={it.value}
                className="flex h-8 cursor-pointer items-center gap-2 rounded-md pr-3 pl-2 outline-none data-highlighted:bg-hover"
              >
                <span className="grid w-4 place-items-center text-ember">
                  <Base.ItemIndicator>
                    <Check aria-hidden className="size-3.5" />
                  </Base.ItemIndicator>
                </span>
                <Base.ItemText>{it.label}</Base.ItemText>
              </Base.Item>
            ))}
          </Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.Root>
  );
}
