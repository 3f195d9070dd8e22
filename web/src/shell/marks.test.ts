import { expect, test } from "vitest";
import type { QueueView, Summary } from "~/api/schema.ts";
import type { Standing } from "~/live/pulse.ts";
import { marks, titleOf } from "~/shell/marks.ts";

const NOW = Date.parse("2026-11-23T14:00:00Z");

function standing(status: Record<string, number>, queues: Partial<QueueView>[] = []): Standing {
  return {
    summary: { by_status: status } as unknown as Summary,
    queues: queues.map(
      (it) => ({ depth: 0, paused: false, oldest_due_at: null, ...it }) as QueueView,
    ),
    workers: { online: 2, late: 0, draining: 0, lost: 0, slots: 32 },
  };
}

test("a page is marked where something waits, and stays bare where nothing does", () => {
  const queues = [
    { depth: 2, oldest_due_at: "2026-11-23T13:50:00Z" },
    { depth: 9, oldest_due_at: "2026-11-23T13:50:00Z", paused: true },
  ];
  const found = marks(standing({ running: 3, failed: 1, dead_letter: 2 }, queues), NOW);
  expect(Object.entries(found).map(([to, { n, of }]) => `${to} ${n} ${of}`)).toEqual([
    "/jobs 3 running",
    "/queues 1 late",
    "/failures 3 failed",
  ]);
  expect(marks(standing({ running: 0 }), NOW)).toEqual({});
});

test("the title says the most urgent first, then the page", () => {
  expect(titleOf("Jobs", standing({ failed: 3 }), NOW)).toBe("3 failed · Jobs · TaskForge");
  const late = [{ depth: 2, oldest_due_at: "2026-11-23T13:50:00Z" }];
  expect(titleOf("Jobs", standing({ failed: 3 }, late), NOW)).toBe("1 late · Jobs · TaskForge");
  expect(titleOf(undefined, standing({}), NOW)).toBe("TaskForge");
});

test("nothing is claimed before anything is known", () => {
  const unknown = { summary: undefined, queues: undefined, workers: undefined };
  expect(titleOf("Overview", unknown, NOW)).toBe("Overview · TaskForge");
});
