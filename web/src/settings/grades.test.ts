import { expect, test } from "vitest";
import type { SystemView } from "~/api/schema.ts";
import { gradesOf } from "~/settings/grades.ts";

const FINE: SystemView = {
  build: { version: "1", python: "3", platform: "x" },
  head: "2",
  installation: {
    environment: "production",
    features: { registration: false, mail_sink: false, docs: true },
  },
  database: {
    seconds: 0.001,
    version: "18",
    revision: "2",
    size_bytes: 1,
    connections: 1,
    max_connections: 100,
  },
  pool: { in_use: 0, size: 8 },
  redis: {
    seconds: 0.001,
    server: "redis",
    version: "8",
    memory_bytes: 1,
    max_memory_bytes: 0,
    clients: 1,
  },
  stream: { entries: 0, lag_seconds: null },
  schedulers: {
    seen: [{ name: "a:1", told_at: "2026-01-31T08:00:00Z" }],
    lag_seconds: 0,
    late: [],
    failing: [],
  },
  live_connections: 0,
  settings: [],
};

test("a system that is well is told to be fine in every part", () => {
  expect(new Set(Object.values(gradesOf(FINE)).map((it) => it.words))).toEqual(new Set(["Fine"]));
});

test("a part that is away is told apart from one that is slow", () => {
  const redis = FINE.redis && { ...FINE.redis, seconds: 1.2 };
  const { database, redis: slow } = gradesOf({ ...FINE, database: null, redis });

  expect([database.kind, slow.words]).toEqual(["away", "Slow"]);
});

test("tables at another revision than the code are worth a word", () => {
  const database = FINE.database && { ...FINE.database, revision: "1" };

  expect(gradesOf({ ...FINE, database }).database.kind).toBe("warn");
});

test.each([
  [{ seen: [] }, "None was ever seen"],
  [{ failing: ["prune"], late: ["fire"] }, "1 failing"],
  [{ late: ["fire"], lag_seconds: 90 }, "1 min 30 s late"],
])("schedulers with %o are told so", (changes, words) => {
  const schedulers = FINE.schedulers && { ...FINE.schedulers, ...changes };

  expect(gradesOf({ ...FINE, schedulers }).schedulers.words).toBe(words);
});
