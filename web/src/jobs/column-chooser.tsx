import { Popover } from "@base-ui/react/popover";
import { ArrowDown, ArrowUp, Columns3 } from "lucide-react";
import {
  COLUMN_IDS,
  COLUMN_NAMES,
  type ColumnId,
  isUsual,
  moved,
  toggled,
  USUAL,
} from "~/jobs/column-choice.ts";
import { Button } from "~/ui/button.tsx";

interface Props {
  readonly columns: readonly ColumnId[];
  readonly onColumns: (columns: readonly ColumnId[]) => void;
}

/** Which columns there are, and their order. */
export function ColumnChooser({ columns, onColumns }: Props) {
  const others = COLUMN_IDS.filter((id) => !columns.includes(id));
  return (
    <Popover.Root>
      <Popover.Trigger className="inline-flex h-8 cursor-pointer items-center gap-2 rounded-md px-2 text-soft hover:bg-hover hover:text-ink max-md:hidden">
        <Columns3 aria-hidden className="size-4" strokeWidth={1.75} />
        Columns
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Positioner align="end" sideOffset={4} className="z-50">
          <Popover.Popup
            aria-label="Columns"
            className="w-64 rounded-lg border border-hairline bg-raised p-1 shadow-float outline-none"
          >
            <ul>
              {[...columns, ...others].map((id) => {
                const at = columns.indexOf(id);
                return (
                  <li
                    key={id}
                    className="flex h-8 items-center gap-1 rounded-md pr-1 hover:bg-hover"
                  >
                    <label className="flex h-8 min-w-0 flex-1 cursor-pointer items-center gap-2.5 px-2">
                      <input
                        type="checkbox"
                        checked={at >= 0}
                        onChange={() => onColumns(toggled(columns, id))}
                        className="size-3.5 accent-ember-fill"
                      />
                      {COLUMN_NAMES[id]}
                    </label>
                    {at >= 0 && (
                      <>
                        <Step
                          name={`Move ${COLUMN_NAMES[id]} to the left`}
                          icon={ArrowUp}
                          disabled={at === 0}
                          onClick={() => onColumns(moved(columns, id, -1))}
                        />
                        <Step
                          name={`Move ${COLUMN_NAMES[id]} to the right`}
                          icon={ArrowDown}
                          disabled={at === columns.length - 1}
                          onClick={() => onColumns(moved(columns, id, 1))}
                        />
                      </>
                    )}
                  </li>
                );
              })}
            </ul>
            {!isUsual(columns) && (
              <div className="mt-1 border-hairline border-t pt-1">
                <Button kind="quiet" onClick={() => onColumns(USUAL)}>
                  As usual
                </Button>
              </div>
            )}
          </Popover.Popup>
        </Popover.Positioner>
      </Popover.Portal>
    </Popover.Root>
  );
}

interface StepProps {
  readonly name: string;
  readonly icon: typeof ArrowUp;
  readonly disabled: boolean;
  readonly onClick: () => void;
}

function Step({ name, icon: Icon, disabled, onClick }: StepProps) {
  return (
    <button
      type="button"
      aria-label={name}
      title={name}
      disabled={disabled}
      onClick={onClick}
      className="grid size-6 cursor-pointer place-items-center rounded text-faint hover:text-ink disabled:cursor-default disabled:opacity-30"
    >
      <Icon aria-hidden className="size-3.5" />
    </button>
  );
}
