import { escaped, type Piece, pieces } from "~/lib/visible.ts";

interface Props {
  readonly text: string;
  /** What to mark in it. */
  readonly needle?: string;
  /** Hidden characters that the place shows by itself: line breaks, tabs. */
  readonly kept?: string;
}

/** Text of strangers: what would hide or reorder is written out, and nothing is markup. */
export function Shown({ text, needle = "", kept = "" }: Props) {
  const parts = pieces(text, needle, kept);
  const only = parts[0];
  if (parts.length === 1 && only && !only.hidden && !only.hit) return text;
  return (
    <bdi>
      {parts.map((piece, place) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: pieces are known by their place alone
        <Part key={place} piece={piece} />
      ))}
    </bdi>
  );
}

function Part({ piece: { text, hidden, hit } }: { piece: Piece }) {
  const shown = hidden ? (
    <span
      title={codePoint(text)}
      className="rounded-xs bg-hover text-ink outline outline-edge -outline-offset-1"
    >
      {escaped(text)}
    </span>
  ) : (
    text
  );
  return hit ? (
    <mark className="rounded-xs bg-ember-wash text-ink outline outline-ember/60">{shown}</mark>
  ) : (
    shown
  );
}

function codePoint(character: string): string {
  const code = (character.codePointAt(0) ?? 0).toString(16).toUpperCase();
  return `U+${code.padStart(4, "0")}`;
}
