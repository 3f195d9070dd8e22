/** Jobs as a file: read page by page from the server, so that it has more than is on the screen. */
import { type JobFilters, readJobs } from "~/api/jobs.ts";
import type { JobItem } from "~/api/schema.ts";

export const MOST_EXPORTED = 10_000;
const PAGE = 200;

export type Format = "csv" | "ndjson";

const COLUMNS: readonly (keyof JobItem)[] = [
  "id",
  "type",
  "status",
  "priority",
  "summary",
  "tags",
  "attempt",
  "failures",
  "max_retries",
  "created_at",
  "run_at",
  "queued_at",
  "started_at",
  "finished_at",
  "duration_seconds",
  "worker_id",
  "created_by",
  "error_class",
  "idempotency_key",
];

/** RFC 4180, with a head; a spreadsheet must not take a text for a formula. */
export function toCsv(items: readonly JobItem[]): string {
  const lines = items.map((job) => COLUMNS.map((name) => cell(job[name])).join(","));
  return `${[COLUMNS.join(","), ...lines].join("\r\n")}\r\n`;
}

export function toNdjson(items: readonly JobItem[]): string {
  return items.map((job) => `${JSON.stringify(job)}\n`).join("");
}

function cell(value: JobItem[keyof JobItem]): string {
  const text = Array.isArray(value) ? value.join(" ") : String(value ?? "");
  const safe = typeof value === "number" || !/^[=+\-@\t\r]/.test(text) ? text : `'${text}`;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/**
 * All jobs that match, newest first, at most `MOST_EXPORTED`.
 *
 * @param onCount how many have been read so far.
 * @throws ApiProblem as `readJobs` does; DOMException when it was aborted.
 */
export async function readAll(
  filters: JobFilters,
  signal: AbortSignal,
  onCount: (n: number) => void,
): Promise<{ items: readonly JobItem[]; whole: boolean }> {
  const items: JobItem[] = [];
  let cursor: string | null | undefined;
  while (cursor !== null && items.length < MOST_EXPORTED) {
    const page = await readJobs(filters, { cursor, limit: PAGE, signal });
    items.push(...page.items);
    cursor = page.next_cursor;
    onCount(items.length);
  }
  return { items: items.slice(0, MOST_EXPORTED), whole: cursor === null };
}

/** Hands a text to the browser as a file. */
export function save(text: string, format: Format): void {
  const type = format === "csv" ? "text/csv" : "application/x-ndjson";
  const address = URL.createObjectURL(new Blob([text], { type }));
  const link = document.createElement("a");
  link.href = address;
  link.download = `jobs-${new Date().toISOString().slice(0, 19).replaceAll(":", "")}.${format}`;
  link.click();
  URL.revokeObjectURL(address);
}
