/** Which readings are asked for again by themselves, and when. */
import { ApiProblem } from "~/api/problem.ts";

const MOST = 3;
/** Longer waits are told of, with a button. */
const PATIENCE_SECONDS = 10;

/** A refusal does not change by asking again; a server that is away comes back, and a limit ends. */
export function mayAskAgain(failures: number, error: unknown): boolean {
  if (failures >= MOST) return false;
  if (!(error instanceof ApiProblem)) return true;
  if (error.status === 429) return (error.retryAfter ?? Infinity) <= PATIENCE_SECONDS;
  return error.status === 0 || error.status >= 500;
}

/** Milliseconds: as the API says, within our patience; else longer each time. */
export function askAgainAfter(failures: number, error: unknown): number {
  const told = error instanceof ApiProblem ? error.retryAfter : undefined;
  if (told !== undefined) return Math.min(told, PATIENCE_SECONDS) * 1_000;
  return Math.min(1_000 * 2 ** failures, 30_000);
}
