import type { ReactNode } from "react";
import { ApiProblem } from "~/api/problem.ts";
import { Button } from "~/ui/button.tsx";

/** Nothing to show, and what to do next. */
export function Empty({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <div className="flex flex-col items-start gap-3 py-10 text-soft">
      <p className="font-medium text-ink text-lg">{title}</p>
      {children}
    </div>
  );
}

/** What went wrong, for the person and for whoever helps them. */
export function Failure({ error, onRetry }: { error: Error; onRetry: () => void }) {
  const problem = error instanceof ApiProblem ? error : undefined;
  return (
    <div role="alert" className="flex flex-col items-start gap-3 py-10">
      <p className="font-medium text-lg">{problem?.problem.title ?? "Something went wrong"}</p>
      <p className="max-w-prose text-soft">{error.message}</p>
      {problem?.requestId && (
        <p className="text-faint text-sm">
          Request <span className="figures select-all">{problem.requestId}</span>
        </p>
      )}
      <Button onClick={onRetry}>Try again</Button>
    </div>
  );
}

/** A refusal beside what was tried: what, why, and the request for whoever helps. */
export function Notice({ error }: { error: Error }) {
  const problem = error instanceof ApiProblem ? error : undefined;
  return (
    <div role="alert" className="border-failed border-l-2 py-0.5 pl-3">
      <p>{error.message}</p>
      {problem?.problem.errors
        ?.filter((it) => it.message !== error.message)
        .map((it) => (
          <p key={`${it.pointer} ${it.message}`} className="text-soft">
            {it.pointer && <span className="figures">{it.pointer} </span>}
            {it.message}
          </p>
        ))}
      {problem?.requestId && (
        <p className="text-faint text-sm">
          Request <span className="figures select-all">{problem.requestId}</span>
        </p>
      )}
    </div>
  );
}

/** Rows of the size that is to come, so that nothing jumps. */
export function Skeleton({ rows, height = 36 }: { rows: number; height?: number }) {
  return (
    <div aria-hidden aria-busy className="flex flex-col">
      {Array.from({ length: rows }, (_, row) => (
        <div
          // biome-ignore lint/suspicious/noArrayIndexKey: the rows are alike and never move
          key={row}
          style={{ height }}
          className="flex items-center border-hairline border-b"
        >
          <div
            className="h-2.5 rounded-full bg-hairline motion-safe:animate-pulse"
            style={{ width: `${30 + ((row * 37) % 50)}%` }}
          />
        </div>
      ))}
    </div>
  );
}
