import { expect, test } from "vitest";
import { consumersOf, runningByType } from "~/queues/consumers.ts";
import { AT, makeWorker } from "~/test/make.ts";

test("a queue is served by those that are there and name it, those that take new jobs first", () => {
  const workers = [
    makeWorker({ host: "drains", wanted: "drain" }),
    makeWorker({ host: "gone", status: "offline" }),
    makeWorker({ host: "elsewhere", queues: ["low"] }),
    makeWorker({ host: "works" }),
  ];

  expect(consumersOf(workers, "high").map((it) => it.host)).toEqual(["works", "drains"]);
});

test("what runs is counted by type, for the jobs of one queue alone", () => {
  const job = (type: string, priority: "high" | "low") => ({
    id: type,
    type,
    priority,
    attempt: 1,
    started_at: AT,
    timeout_seconds: 60,
  });
  const workers = [
    makeWorker({ jobs: [job("email", "high"), job("crawl", "high"), job("email", "low")] }),
    makeWorker({ jobs: [job("crawl", "high")] }),
  ];

  expect(runningByType(workers, "high")).toEqual([
    ["crawl", 2],
    ["email", 1],
  ]);
});
