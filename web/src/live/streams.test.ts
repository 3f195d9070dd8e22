import { describe, expect, it } from "vitest";
import { type Stream, withPart } from "~/live/streams.ts";

const part = (offset: number, text: string, attempt = 1) => ({ attempt, offset, text });
const heard = (...parts: ReturnType<typeof part>[]) =>
  parts.reduce<Stream | undefined>(withPart, undefined);

describe("the text of a running job", () => {
  it("grows part by part", () => {
    expect(heard(part(0, "The "), part(4, "sea"))).toMatchObject({ text: "The sea", missed: 0 });
  });

  it("does not repeat a part that comes twice", () => {
    const once = heard(part(0, "The "), part(4, "sea"));
    expect(once && withPart(once, part(4, "sea"))).toBe(once);
  });

  it("takes only the new end of a part that overlaps", () => {
    expect(heard(part(0, "The s"), part(4, "sea"))?.text).toBe("The sea");
  });

  it("counts letters as the server does, whatever they take in memory", () => {
    expect(heard(part(0, "🌊🌊"), part(2, "!"))).toMatchObject({ text: "🌊🌊!", missed: 0 });
  });

  it("tells how much was written before one looked, and how much was lost on the way", () => {
    expect(heard(part(10, "sea"), part(20, "sky"))).toMatchObject({ text: "seasky", missed: 17 });
  });

  it("begins anew with another attempt, and ignores what an older one still sends", () => {
    expect(heard(part(0, "The"), part(0, "A", 2), part(3, " sea", 1))).toMatchObject({
      attempt: 2,
      text: "A",
    });
  });
});
