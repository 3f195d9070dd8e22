import type { Problem } from "~/api/schema.ts";

/** A refusal of the API, or that it was not reached at all (`status` 0). */
export class ApiProblem extends Error {
  readonly status: number;
  readonly code: string;
  readonly problem: Partial<Problem>;
  /** For support: the log lines of this request carry it. */
  readonly requestId: string | undefined;
  /** Seconds after which to try again, where the API says so. */
  readonly retryAfter: number | undefined;

  constructor(status: number, problem: Partial<Problem>, headers?: Headers) {
    super(problem.detail ?? problem.title ?? "The server cannot be reached.");
    this.name = "ApiProblem";
    this.status = status;
    this.code = problem.code ?? "unreachable";
    this.problem = problem;
    this.requestId = headers?.get("X-Request-ID") ?? undefined;
    this.retryAfter = Number(headers?.get("Retry-After") ?? 0) || undefined;
  }

  /** The message at one field, by its JSON pointer (`/payload/rows`). */
  at(pointer: string): string | undefined {
    return this.problem.errors?.find((it) => it.pointer === pointer)?.message;
  }
}
