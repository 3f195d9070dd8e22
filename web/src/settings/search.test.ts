import { expect, test } from "vitest";
import { readAuditSearch, readFindSearch, sinceOf } from "~/settings/search.ts";

test("an address of the audit trail says its filters and nothing else", () => {
  const raw = { action: "job.*", ip: "", within: "24h", actor: 7, junk: 1 };

  expect(readAuditSearch(raw)).toEqual({ action: "job.*", within: "24h", actor: "7" });
});

test("a span that there is not is left out", () => {
  expect(readAuditSearch({ within: "2w" })).toEqual({});
});

test("what is looked for stands in the address", () => {
  expect(readFindSearch({ find: "ada" })).toEqual({ find: "ada" });
  expect(readFindSearch({ find: "" })).toEqual({});
});

test("a span begins so long ago", () => {
  expect(sinceOf("24h", Date.parse("2026-02-01T08:00:00Z"))).toBe("2026-01-31T08:00:00.000Z");
});
