import { expect, it } from "vitest";
import { cleaned } from "~/job/trace.ts";

const OWN =
  '  File "/srv/jobs/report.py", line 12, in run\n    total = read(rows)\n            ^^^^^^^^^^';
const LIBRARY =
  '  File "/venv/lib/python3.12/site-packages/duckdb/x.py", line 3, in read\n    raise';
const WORKER = '  File "/srv/taskforge/worker/run.py", line 90, in attempt\n    await job()';
const trace = (...frames: string[]) =>
  ["Traceback (most recent call last):", ...frames, "ValueError: no rows"].join("\n");

it("leaves the frames of libraries and of the worker out", () => {
  expect(cleaned(trace(WORKER, OWN, LIBRARY))).toBe(trace(OWN));
});

it("keeps each error of a chain", () => {
  const chain = `${trace(LIBRARY)}\n\nDuring handling of the above exception, another exception occurred:\n\n${trace(OWN)}`;
  expect(cleaned(chain)).toContain("ValueError: no rows\n\nDuring handling");
});

it("has nothing to say when all is foreign, all is own, or it is no trace", () => {
  expect(cleaned(trace(LIBRARY))).toBeUndefined();
  expect(cleaned(trace(OWN))).toBeUndefined();
  expect(cleaned("it broke")).toBeUndefined();
});
