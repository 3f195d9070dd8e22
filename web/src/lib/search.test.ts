import { expect, test } from "vitest";
import { chosen, strictly, tidy } from "~/lib/search.ts";

const read = strictly((search) => tidy({ status: chosen(search.status, ["failed", "success"]) }));

test("what an address cannot mean is covered, where a router lays it over the address", () => {
  const address = { status: "nonsense", other: 1 };

  expect({ ...address, ...read(address) }).toEqual({ status: undefined, other: undefined });
});

test("what it means stays, also when one value stands without brackets", () => {
  expect(read({ status: "failed" })).toEqual({ status: ["failed"] });
});
