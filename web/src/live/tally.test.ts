import { expect, test } from "vitest";
import type { ToldFrame } from "~/api/schema.ts";
import { addTo, NOTHING, sentence } from "~/live/tally.ts";

const told = (event: string, version: number) => ({ event, version, job: {} }) as ToldFrame;

test("new jobs and failures are said in one sentence, and nothing else is", () => {
  const some = addTo(NOTHING, [
    told("job_queued", 1),
    told("job_failed", 4),
    told("job_queued", 1),
  ]);
  expect(sentence(some)).toBe("2 new jobs, 1 failed");
  expect(sentence(addTo(NOTHING, [told("job_queued", 1)]))).toBe("1 new job");
  expect(
    sentence(addTo(NOTHING, [told("job_running", 2), told("job_success", 3)])),
  ).toBeUndefined();
});
