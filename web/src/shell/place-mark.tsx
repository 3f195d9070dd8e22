import { roughly } from "~/lib/format.ts";
import type { PlaceMark as Mark } from "~/shell/marks.ts";

/** A small number beside a page's name; on a narrow rail a dot on its icon. */
export function PlaceMark({ mark, narrow }: { mark: Mark | undefined; narrow: boolean }) {
  if (!mark) return null;
  const words = `, ${roughly(mark.n)} ${mark.of}`;
  if (narrow) {
    return (
      <span
        className={`absolute top-1 right-1.5 size-1.5 rounded-full bg-current ${mark.tone} ${mark.tone === "text-faint" ? "hidden" : ""}`}
      >
        <span className="sr-only">{words}</span>
      </span>
    );
  }
  return (
    <span className={`figures ml-auto ${mark.tone}`} title={`${mark.n} ${mark.of}`}>
      <span aria-hidden>{roughly(mark.n)}</span>
      <span className="sr-only">{words}</span>
    </span>
  );
}
