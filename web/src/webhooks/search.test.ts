import { expect, test } from "vitest";
import { readWebhooksSearch } from "~/webhooks/search.ts";

test("an address says which deliveries are shown", () => {
  const raw = { status: "failed", endpoint: "e", job: "j" };

  expect(readWebhooksSearch(raw)).toEqual(raw);
});

test("what is usual, or cannot be meant, is left out", () => {
  expect(readWebhooksSearch({ tab: "deliveries", status: "lost", job: "" })).toEqual({});
});
