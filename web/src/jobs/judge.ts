/** Whether a job belongs to a list, as far as a browser can tell. Pure. */
import type { JobFilters } from "~/api/jobs.ts";
import type { JobRow } from "~/api/schema.ts";
import { readTerms, type Term } from "~/jobs/query-text.ts";

/** True, false, or undefined: that is for the server to say. */
export type Verdict = boolean | undefined;

/** What judges jobs by these filters. */
export function judgeOf(filters: JobFilters): (job: JobRow) => Verdict {
  const terms = readTerms(filters.q ?? "");
  return (job) => {
    const verdicts = [
      !filters.status?.length || filters.status.includes(job.status),
      !filters.type?.length || filters.type.includes(job.type),
      !filters.priority?.length || filters.priority.includes(job.priority),
      ...terms.map((term) => judge(term, job)),
    ];
    if (verdicts.includes(false)) return false;
    return verdicts.includes(undefined) ? undefined : true;
  };
}

function judge(term: Term, job: JobRow): Verdict {
  const facts = factsOf(term, job);
  if (!facts) return undefined;
  return term.values.some(({ text }) => facts.includes(text)) !== term.negated;
}

/** What the values of a term are compared with, where that is a plain comparison. */
function factsOf({ key, operator }: Term, job: JobRow): readonly string[] | undefined {
  if (operator?.text !== ":") return undefined;
  switch (key) {
    case "status":
    case "state":
      return [job.status];
    case "type":
      return [job.type];
    case "priority":
      return [job.priority];
    case "queue":
      return [job.priority === "normal" ? "default" : job.priority];
    case "tag":
      return job.tags;
    default:
      return undefined;
  }
}
