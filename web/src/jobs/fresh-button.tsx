import { ArrowUp } from "lucide-react";
import type { Shape } from "~/jobs/list-shape.ts";
import { printed } from "~/keys/shortcuts.ts";
import { count } from "~/lib/format.ts";

/** Jobs that wait to be shown; nothing moves until somebody asks for them. */
export function FreshButton({ shape, onShow }: { shape: Shape; onShow: () => void }) {
  if (shape.fresh === 0) return null;
  return (
    <button
      type="button"
      onClick={onShow}
      title={`Show them (${printed("fresh")})`}
      className="absolute top-11 left-1/2 z-20 flex h-8 -translate-x-1/2 cursor-pointer items-center gap-1.5 rounded-full bg-ember-fill pr-3.5 pl-3 font-medium text-on-ember shadow-float hover:brightness-105"
    >
      <ArrowUp aria-hidden className="size-4" strokeWidth={2} />
      <span className="figures">
        {count(shape.fresh)}
        {shape.freshAtLeast && "+"}
      </span>
      new
    </button>
  );
}
