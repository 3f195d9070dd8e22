import { fireEvent, screen, within } from "@testing-library/react";
import { expect, test } from "vitest";
import { AT, makeWorker } from "~/test/make.ts";
import { NEVER, type Replies, show } from "~/test/render.tsx";

const JOB = {
  id: "019a2f71-0e5a-7d18-9c47-6b2f8a3e5d01",
  type: "email",
  priority: "normal",
  attempt: 1,
  started_at: AT,
  timeout_seconds: 60,
} as const;

function fleet(...items: ReturnType<typeof makeWorker>[]): Replies {
  return {
    "GET /api/v1/workers": { body: { items } },
    "GET /api/v1/jobs": { body: { items: [], next_cursor: null } },
  };
}

test("while the answer is on its way, the page stands with its title", async () => {
  await show("/workers", { "GET /api/v1/workers": NEVER });

  expect(await screen.findByRole("heading", { level: 1, name: "Workers" })).toBeTruthy();
  expect(screen.queryByRole("table")).toBeNull();
});

test("without a worker the page says what to do", async () => {
  await show("/workers", fleet());

  expect(await screen.findByText("taskforge worker")).toBeTruthy();
});

test("a square is a job, and leads to it", async () => {
  await show("/workers", fleet(makeWorker({ jobs: [JOB] })));

  const slots = await screen.findByRole("list", { name: "1 of 4 slots are in use" });
  const link = within(slots).getByRole("link");
  expect(link.getAttribute("href")).toBe(`/jobs/${JOB.id}`);
  expect(link.getAttribute("aria-label")).toMatch(/^email, .* of its 1 min$/);
});

test("who was lost is in sight, who stopped is folded away", async () => {
  const lost = makeWorker({ id: "lost", host: "lost-1", status: "offline", lost: true });
  const stopped = makeWorker({ id: "stopped", host: "left-1", status: "offline" });
  await show("/workers", fleet(makeWorker(), lost, stopped));

  const table = await screen.findByRole("table", { name: "Lost workers" });
  expect(within(table).getByText("lost-1")).toBeTruthy();
  expect(screen.getByText("left-1").closest("details")?.open).toBe(false);
});

test("an operator sees why a unit cannot be stopped by them", async () => {
  const worker = makeWorker();
  await show(`/workers?worker=${worker.id}`, fleet(worker), "operator");

  const stop = await screen.findByRole("button", { name: "Stop" });
  expect(stop.getAttribute("aria-disabled")).toBe("true");
  expect(stop.title).toContain("operator");
});

test("an order says what becomes of the jobs, and takes a reason along", async () => {
  const worker = makeWorker({ jobs: [JOB] });
  const path = `POST /api/v1/workers/${worker.id}/stop`;
  const stopping = { ...worker, wanted: "stop" };
  const { asked } = await show(`/workers?worker=${worker.id}`, {
    ...fleet(worker),
    [path]: { body: stopping },
  });
  fireEvent.click(await screen.findByRole("button", { name: "Stop" }));
  const dialog = await screen.findByRole("dialog");
  expect(dialog.textContent).toContain("hands back the rest without counting a failure");

  fireEvent.change(within(dialog).getByLabelText("Why"), { target: { value: "a new kernel" } });
  fireEvent.click(within(dialog).getByRole("button", { name: "Stop" }));

  const panel = screen.getByLabelText(/^Worker worker-1/);
  expect(await within(panel).findByText("Stopping")).toBeTruthy();
  const order = asked.find((it) => it.what === path);
  expect(JSON.parse(order?.body ?? "")).toEqual({ reason: "a new kernel" });
});
