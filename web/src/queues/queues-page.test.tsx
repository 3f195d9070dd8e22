import { fireEvent, screen, within } from "@testing-library/react";
import { expect, test } from "vitest";
import { makeQueue, makeType } from "~/test/make.ts";
import { NEVER, type Replies, show } from "~/test/render.tsx";

const CALM: Replies = {
  "GET /api/v1/queues": {
    body: { items: [makeQueue({ name: "high", depth: 3 }), makeQueue({ name: "low" })] },
  },
  "GET /api/v1/job-types": { body: { items: [makeType()], unavailable: [] } },
  "GET /api/v1/workers": { body: { items: [] } },
  "GET /api/v1/jobs": { body: { items: [], next_cursor: null } },
};

const REFUSED = { problem: { status: 403, title: "Not permitted", detail: "It takes admin." } };

test("while the answer is on its way, the page stands with its title", async () => {
  await show("/queues", { ...CALM, "GET /api/v1/queues": NEVER });

  expect(await screen.findByRole("heading", { level: 1, name: "Queues" })).toBeTruthy();
  expect(screen.queryByRole("table", { name: "Queues" })).toBeNull();
});

test("a refusal is shown with its request, and the rest of the page is there", async () => {
  await show("/queues", { ...CALM, "GET /api/v1/queues": REFUSED });

  const alert = await screen.findByRole("alert");
  expect(alert.textContent).toContain("It takes admin.");
  expect(alert.textContent).toContain("req-1");
  expect(await screen.findByRole("table", { name: "Limits by type" })).toBeTruthy();
});

test("a viewer sees each action, and why it cannot be used", async () => {
  await show("/queues?queue=high", CALM, "viewer");

  const panel = await screen.findByRole("complementary", { name: "Queue high" });
  const pause = within(panel).getByRole("button", { name: "Pause" });
  expect(pause.getAttribute("aria-disabled")).toBe("true");
  expect(pause.title).toContain("viewer");
});

test("a pause asks why before it is sent, and says what was refused inside", async () => {
  const { asked } = await show("/queues?queue=high", {
    ...CALM,
    "POST /api/v1/queues/high/pause": REFUSED,
  });
  fireEvent.click(await screen.findByRole("button", { name: "Pause" }));
  const dialog = await screen.findByRole("dialog", { name: "Pause high?" });
  const send = within(dialog).getByRole("button", { name: "Pause" });
  expect(send.getAttribute("aria-disabled")).toBe("true");

  fireEvent.change(within(dialog).getByLabelText("Why"), { target: { value: "a look" } });
  fireEvent.click(send);

  expect((await within(dialog).findByRole("alert")).textContent).toContain("It takes admin.");
  const order = asked.find((it) => it.what === "POST /api/v1/queues/high/pause");
  expect(JSON.parse(order?.body ?? "")).toEqual({ reason: "a look", resume_at: null });
});

test("a purge is counted first, and takes the queue's name", async () => {
  const count = { action: "cancel", count: 3, at_least: 3, exact: true, cannot: {}, sample: [] };
  await show("/queues?queue=high", { ...CALM, "POST /api/v1/operations": { body: count } });
  fireEvent.click(await screen.findByRole("button", { name: "Purge" }));

  const dialog = await screen.findByRole("dialog", { name: "Purge high?" });
  const send = await within(dialog).findByRole("button", { name: "Cancel 3 jobs" });
  expect(send.title).toBe("Type high first.");
  fireEvent.change(within(dialog).getByLabelText("Type high to go on"), {
    target: { value: "high" },
  });
  expect(send.getAttribute("aria-disabled")).not.toBe("true");
});
