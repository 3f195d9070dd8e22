/** Code that comes when it is wanted, and what it means that it does not come. */

/** The server is away, so that nothing can be said of its version. */
export class Away extends Error {
  constructor(cause: unknown) {
    super("TaskForge does not answer now; it may be starting again.", { cause });
  }
}

/**
 * Whether a piece of the dashboard is no longer there: the server has another build than this tab.
 * Browsers have no code for it, only words.
 */
export function isGone(error: unknown): boolean {
  return (
    error instanceof Error &&
    /dynamically imported module|importing a module script failed|preload css/i.test(error.message)
  );
}

/**
 * Says of code that did not come whether it is gone or the server away. For what is gone the router
 * loads the page anew, once; with no server that would leave the browser's own error page.
 */
export async function whyLost(cause: unknown): Promise<never> {
  const answer = await fetch("/", { method: "HEAD", cache: "no-store" }).catch(() => undefined);
  throw answer?.ok ? cause : new Away(cause);
}
