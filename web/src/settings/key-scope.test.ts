import { expect, test } from "vitest";
import { grantable, inWords, scopeOf } from "~/settings/key-scope.ts";

const NOTHING = { permissions: [], types: [], priorities: [] };

test("a key for which nothing is chosen is not narrowed", () => {
  expect(scopeOf(NOTHING)).toBeNull();
});

test("what is chosen narrows, and the rest does not", () => {
  expect(scopeOf({ ...NOTHING, types: ["email"] })).toEqual({
    permissions: null,
    types: ["email"],
    priorities: null,
    rate_limit: null,
    networks: null,
  });
});

test("no key can have what takes a sign-in", () => {
  expect(grantable(["read", "account", "users", "secret", "submit"])).toEqual(["read", "submit"]);
});

test("a scope is told in a line", () => {
  const scope = {
    permissions: ["read" as const, "submit" as const],
    types: ["email"],
    priorities: null,
    rate_limit: 10,
    networks: ["192.0.2.0/24"],
  };

  expect(inWords(scope)).toBe(
    "read, submit; of email; from 192.0.2.0/24; at most 10 requests a window",
  );
  expect(inWords(null)).toContain("All that you may");
});
