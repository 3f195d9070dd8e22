import { expect, test } from "vitest";
import { readMailboxSearch } from "~/mailbox/search.ts";

test("an address says which message is open, and how", () => {
  const raw = { mail: "019a", view: "headers", q: "invoice", recipient: "a@b.example" };

  expect(readMailboxSearch(raw)).toEqual(raw);
});

test("a view that there is not is left out", () => {
  expect(readMailboxSearch({ view: "hologram", mail: "" })).toEqual({});
});
