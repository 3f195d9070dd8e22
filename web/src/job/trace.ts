/** A Python traceback as people want it first: their own lines. Pure. */

const FOREIGN = /site-packages|dist-packages|[/\\]python3?\.?\d*[/\\]|<frozen |importlib/;
const INNER = /taskforge[/\\](worker|flows|bus|core)[/\\]/;

/**
 * The frames of the job's own code and the errors, without those of libraries and of the worker.
 *
 * @returns undefined when nothing can be left out, or nothing would remain.
 */
export function cleaned(trace: string): string | undefined {
  const lines = trace.split("\n");
  const kept: string[] = [];
  let hides = false;
  for (const line of lines) {
    if (/^\s+File "/.test(line)) hides = FOREIGN.test(line) || INNER.test(line);
    else if (!/^\s/.test(line)) hides = false;
    if (!hides) kept.push(line);
  }
  const frames = kept.some((line) => /^\s+File "/.test(line));
  return frames && kept.length < lines.length ? kept.join("\n") : undefined;
}
