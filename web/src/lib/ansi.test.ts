import { describe, expect, it } from "vitest";
import { coloured, uncoloured } from "~/lib/ansi.ts";

const ESC = "\u001b[";

describe("text with colours of a terminal", () => {
  it("is one run without codes", () => {
    expect(coloured("plain")).toEqual([{ text: "plain" }]);
  });

  it("changes with each code, and back", () => {
    expect(coloured(`a${ESC}31mb${ESC}1mc${ESC}0md`)).toEqual([
      { text: "a" },
      { text: "b", colour: "red" },
      { text: "c", colour: "red", bold: true },
      { text: "d" },
    ]);
  });

  it("takes several codes at once, bright ones and the short form of reset", () => {
    expect(coloured(`${ESC}4;92mok${ESC}m.`)).toEqual([
      { text: "ok", underlined: true, colour: "green" },
      { text: "." },
    ]);
  });

  it("skips colours of a palette with all their numbers", () => {
    expect(coloured(`${ESC}38;5;196mx${ESC}38;2;1;31;4;1my`)).toEqual([
      { text: "x" },
      { text: "y", bold: true },
    ]);
  });

  it("leaves codes that move the cursor in the text", () => {
    expect(uncoloured(`${ESC}2Ja${ESC}31mb`)).toBe(`${ESC}2Jab`);
  });
});
