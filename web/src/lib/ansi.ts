/**
 * Text with colours of a terminal (ECMA-48, SGR), apart from its codes. Colours beyond the sixteen
 * are left out: a page has its own. Other codes stay in the text, to be shown as what they are. Pure.
 */

export type Colour = "red" | "green" | "yellow" | "blue" | "magenta" | "cyan";

export interface Run {
  readonly text: string;
  readonly colour?: Colour;
  readonly bold?: true;
  readonly dim?: true;
  readonly underlined?: true;
}

type Style = Omit<Run, "text">;

// biome-ignore lint/suspicious/noControlCharactersInRegex: ANSI codes begin with one
const SGR = /\u001b\[([\d;]*)m/;

const COLOURS: readonly (Colour | undefined)[] = [
  undefined,
  "red",
  "green",
  "yellow",
  "blue",
  "magenta",
  "cyan",
];

export function coloured(text: string): readonly Run[] {
  if (!text.includes("\u001b[")) return [{ text }];
  const runs: Run[] = [];
  let style: Style = {};
  // What stands between two codes, then what is inside a code, and so on.
  text.split(SGR).forEach((part, at) => {
    if (at % 2 === 1) style = after(style, part);
    else if (part !== "") runs.push({ text: part, ...style });
  });
  return runs;
}

export function uncoloured(text: string): string {
  return coloured(text)
    .map((run) => run.text)
    .join("");
}

function after(style: Style, codes: string): Style {
  const numbers = codes.split(";").map(Number);
  let next = style;
  for (let at = 0; at < numbers.length; at += 1) {
    const code = numbers[at] ?? 0;
    // `38;5;n` and `38;2;r;g;b`: colours of a palette or of their own.
    if (code === 38 || code === 48) at += numbers[at + 1] === 5 ? 2 : 4;
    else next = one(next, code);
  }
  return next;
}

function one(style: Style, code: number): Style {
  const { colour: _, ...plain } = style;
  if (code === 0) return {};
  if (code === 1) return { ...style, bold: true };
  if (code === 2) return { ...style, dim: true };
  if (code === 4) return { ...style, underlined: true };
  if (code === 39) return plain;
  if (code === 22) {
    const { bold: _bold, dim: _dim, ...rest } = style;
    return rest;
  }
  const bright = code >= 90 && code <= 97;
  if (!bright && !(code >= 30 && code <= 37)) return style;
  const colour = COLOURS[code - (bright ? 90 : 30)];
  return colour ? { ...plain, colour } : plain;
}
