/**
 * Text of strangers, safe to look at: characters that hide, reorder or control are told apart, so
 * that they can be shown as what they are. Pure.
 */

export interface Piece {
  readonly text: string;
  /** A character that would not be seen, or would move its neighbours. */
  readonly hidden?: true;
  /** What was looked for. */
  readonly hit?: true;
}

// Controls, soft hyphen, bidi marks and overrides (UAX #9), zero-width and line separators, tags,
// interlinear marks. The joiners U+200C and U+200D stay: scripts and emoji need them. Halves of a
// surrogate pair that stand alone are no characters at all.
const HIDDEN =
  /[\p{Cc}\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]|\p{Cs}/gu;

const NAMED: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };

/**
 * A text in pieces, in order; together they are the text.
 *
 * @param needle what to mark, whatever its case.
 * @param kept hidden characters that the place shows as they are, such as line breaks.
 */
export function pieces(text: string, needle = "", kept = ""): readonly Piece[] {
  const marked = needle ? hits(text, needle) : [{ text }];
  return marked.flatMap((piece) => apart(piece, kept));
}

/** What stands for a hidden character: `\n`, `\u202e`. */
export function escaped(character: string): string {
  const named = NAMED[character];
  if (named) return named;
  const code = (character.codePointAt(0) ?? 0).toString(16);
  return code.length > 4 ? `\\u{${code}}` : `\\u${code.padStart(4, "0")}`;
}

function apart({ text, hit }: Piece, kept: string): Piece[] {
  const found: Piece[] = [];
  const mark = hit ? { hit } : {};
  let from = 0;
  for (const match of text.matchAll(HIDDEN)) {
    if (kept.includes(match[0])) continue;
    if (match.index > from) found.push({ text: text.slice(from, match.index), ...mark });
    found.push({ text: match[0], hidden: true, ...mark });
    from = match.index + match[0].length;
  }
  if (from < text.length || found.length === 0) found.push({ text: text.slice(from), ...mark });
  return found;
}

function hits(text: string, needle: string): Piece[] {
  const found: Piece[] = [];
  let from = 0;
  for (const match of text.matchAll(
    new RegExp(needle.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"), "giu"),
  )) {
    if (match.index > from) found.push({ text: text.slice(from, match.index) });
    found.push({ text: match[0], hit: true });
    from = match.index + match[0].length;
  }
  if (from < text.length) found.push({ text: text.slice(from) });
  return found;
}
