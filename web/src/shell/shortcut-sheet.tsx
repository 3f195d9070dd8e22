import { printed, SHORTCUTS, type ShortcutId } from "~/keys/shortcuts.ts";
import { Dialog } from "~/ui/dialog.tsx";
import { Kbd } from "~/ui/kbd.tsx";

const GROUPS = Map.groupBy(Object.keys(SHORTCUTS) as ShortcutId[], (id) => SHORTCUTS[id].where);

interface Props {
  readonly open: boolean;
  readonly onOpenChange: (open: boolean) => void;
}

export function ShortcutSheet({ open, onOpenChange }: Props) {
  return (
    <Dialog open={open} onOpenChange={onOpenChange} title="Keyboard" width="w-168">
      <div className="columns-1 gap-10 sm:columns-2">
        {[...GROUPS].map(([where, ids]) => (
          <section key={where} className="mb-5 break-inside-avoid">
            <h3 className="mb-1 text-faint text-sm">{where}</h3>
            <dl>
              {ids.map((id) => (
                <div
                  key={id}
                  className="flex h-8 items-center justify-between gap-4 border-hairline border-b"
                >
                  <dt>{SHORTCUTS[id].does}</dt>
                  <dd>
                    <Kbd keys={printed(id)} />
                  </dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
    </Dialog>
  );
}
