import { expect, it } from "vitest";
import { madeAt } from "~/job/lost.ts";

it("reads from an id when its job was made", () => {
  expect(madeAt("019a2f6e-5c1d-7b43-9a57-3f0c8e6d2b14")?.toISOString()).toMatch(/^2025-10-2/);
});

it.each(["", "latest", "019a2f6e-5c1d-4b43-9a57-3f0c8e6d2b14", "019a2f6e5c1d7b439a573f0c8e6d2b14"])(
  "knows that no job has the id %j",
  (id) => {
    expect(madeAt(id)).toBeUndefined();
  },
);
