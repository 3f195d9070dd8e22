import type { ApiProblem } from "~/api/problem.ts";
import { unitAt } from "~/jobs/query-text.ts";

/** Where in the search the server stopped to understand, in units of the text. */
export function wrongPlace(problem: ApiProblem, q: string): number | undefined {
  const fault = problem.problem.errors?.find((it) => it.parameter === "q");
  return fault ? unitAt(q, fault.position ?? 0) : undefined;
}

/** Why a search was refused, with the place marked. */
export function Refusal({ id, problem, q }: { id: string; problem: ApiProblem; q: string }) {
  const at = wrongPlace(problem, q) ?? 0;
  const fault = problem.problem.errors?.find((it) => it.parameter === "q");
  const end = at + Math.max(q.slice(at).search(/\s|$/), 1);
  return (
    <div id={id} role="alert" className="border-failed border-l-2 py-0.5 pl-3">
      <p className="figures overflow-x-auto whitespace-pre">
        <span className="text-faint">{q.slice(0, at)}</span>
        <mark className="bg-failed/15 text-failed underline decoration-2 underline-offset-3">
          {q.slice(at, end) || " "}
        </mark>
        <span className="text-faint">{q.slice(end)}</span>
      </p>
      <p className="first-letter:uppercase">{fault?.message ?? problem.message}</p>
    </div>
  );
}
