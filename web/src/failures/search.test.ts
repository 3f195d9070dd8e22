import { expect, test } from "vitest";
import { readFailuresSearch } from "~/failures/search.ts";

test("an address keeps what it can mean and drops the rest", () => {
  expect(
    readFailuresSearch({ q: 503, type: "email", show: "resolved", sort: "total", group: "9f2c" }),
  ).toEqual({ q: "503", type: "email", show: "resolved", sort: "total", group: "9f2c" });
  expect(readFailuresSearch({ q: "", show: "open", sort: "last_seen", page: 2 })).toEqual({});
});
