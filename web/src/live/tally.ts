/** What a screen reader is told of what comes: now and then, a sentence. Pure. */
import type { ToldFrame } from "~/api/schema.ts";
import { count } from "~/lib/format.ts";
import { isJobFrame } from "~/live/apply.ts";

interface Tally {
  readonly born: number;
  readonly failed: number;
}

export const NOTHING: Tally = { born: 0, failed: 0 };

export function addTo(tally: Tally, frames: readonly ToldFrame[]): Tally {
  const jobs = frames.filter(isJobFrame);
  return {
    born: tally.born + jobs.filter((it) => it.version === 1).length,
    failed: tally.failed + jobs.filter((it) => it.event === "job_failed").length,
  };
}

/** `12 new jobs, 2 failed`; undefined when there is nothing to say. */
export function sentence({ born, failed }: Tally): string | undefined {
  const parts = [
    born > 0 ? `${count(born)} new ${born === 1 ? "job" : "jobs"}` : "",
    failed > 0 ? `${count(failed)} failed` : "",
  ].filter((it) => it !== "");
  return parts.length > 0 ? parts.join(", ") : undefined;
}
