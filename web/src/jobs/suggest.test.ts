import { expect, it } from "vitest";
import { suggest } from "~/jobs/suggest.ts";

const KNOWN = { type: ["data_processing", "email"], tag: ["nightly", "two words"] };

function labels(text: string, caret = text.length): string[] {
  return suggest(text, caret, KNOWN).map((it) => it.label);
}

it("an empty search is offered every key", () => {
  expect(labels("")).toContain("status:");
  expect(labels("")).toContain("payload.");
});

it("a word that begins like a key is offered that key", () => {
  expect(labels("sta")).toEqual(["status:"]);
  expect(labels("type:email cr")).toEqual(["created_by:", "created>"]);
});

it("a word that is like no key is offered nothing", () => {
  expect(labels("timeout")).toEqual([]);
});

it("after a key its values are offered, those that begin alike first", () => {
  expect(labels("type:")).toEqual(["data_processing", "email"]);
  expect(labels("status:c")).toEqual(["cancelled", "scheduled", "success"]);
});

it("among alternatives those that stand already are not offered again", () => {
  expect(labels("type:email,")).toEqual(["data_processing"]);
});

it("what is taken replaces what was begun, and nothing else", () => {
  const [first] = suggest("type:em status:failed", 7, KNOWN);
  expect(first).toMatchObject({ text: "type:email status:failed", caret: 10 });
});

it("a value with a space is written so that it can be read", () => {
  const [first] = suggest("tag:two", 7, KNOWN);
  expect(first?.text).toBe('tag:"two words"');
});

it("a negated key can be completed behind its sign", () => {
  const [first] = suggest("-ta", 3, KNOWN);
  expect(first?.text).toBe("-tag:");
});
