import { describe, expect, it } from "vitest";
import { escaped, pieces } from "~/lib/visible.ts";

const shown = (text: string, kept = "") =>
  pieces(text, "", kept)
    .map((it) => (it.hidden ? `<${escaped(it.text)}>` : it.text))
    .join("");

describe("text of strangers", () => {
  it.each([
    ["plain text, ümläuts and 漢字", "plain text, ümläuts and 漢字"],
    ["family 👩‍👩‍👧", "family 👩‍👩‍👧"],
    ["user\u202egpj.exe", "user<\\u202e>gpj.exe"],
    ["a\u0000b\u001b[31m", "a<\\u0000>b<\\u001b>[31m"],
    ["two\nlines\t!", "two<\\n>lines<\\t>!"],
    ["tag\u{e0041}", "tag<\\u{e0041}>"],
    ["half \ud800 pair", "half <\\ud800> pair"],
    ["", ""],
  ])("shows what %j hides", (text, seen) => {
    expect(shown(text)).toBe(seen);
  });

  it("keeps line breaks where the place shows them", () => {
    expect(shown("two\nlines\u200b", "\n")).toBe("two\nlines<\\u200b>");
  });

  it("marks what is looked for, whatever its case, and what it holds that is hidden", () => {
    expect(pieces("Sea, sEa\u200b!", "sea")).toEqual([
      { text: "Sea", hit: true },
      { text: ", " },
      { text: "sEa", hit: true },
      { text: "\u200b", hidden: true },
      { text: "!" },
    ]);
  });

  it("takes what is looked for by its letters, not as a pattern", () => {
    expect(pieces("a.c abc", ".").filter((it) => it.hit)).toEqual([{ text: ".", hit: true }]);
  });
});
