/** What became of the last moments of a schedule, as marks of a strip. Pure. */
import type { FireRecord } from "~/api/schema.ts";
import { span } from "~/lib/format.ts";

export type MarkKind = "success" | "failed" | "cancelled" | "open" | "left-out" | "unknown";

export interface Mark {
  readonly key: string;
  readonly kind: MarkKind;
  /** From 0 to 1, by run time against the longest of the strip. */
  readonly height: number;
  readonly words: string;
}

/** Oldest first, as one reads. */
export function marksOf(fires: readonly FireRecord[]): readonly Mark[] {
  const longest = Math.max(...fires.map((it) => it.duration_seconds ?? 0), Number.EPSILON);
  return fires
    .map((it) => ({
      key: it.fire_at,
      kind: kindOf(it),
      height: Math.sqrt((it.duration_seconds ?? 0) / longest),
      words: wordsOf(it),
    }))
    .toReversed();
}

export function kindOf({ skipped, held, job_status: status }: FireRecord): MarkKind {
  if (skipped !== null) return "left-out";
  if (held) return "open";
  switch (status) {
    case null:
      return "unknown";
    case "success":
      return "success";
    case "failed":
    case "dead_letter":
      return "failed";
    case "cancelled":
      return "cancelled";
    case "queued":
    case "scheduled":
    case "running":
    case "retrying":
      return "open";
  }
}

/** `success, 4.2 s`; `skipped: the job before it runs`. */
function wordsOf(fire: FireRecord): string {
  if (fire.skipped !== null) return `skipped: ${fire.skipped}`;
  if (fire.held) return "waits for the job before it";
  if (fire.job_status === null) return "its job has been deleted";
  const status = fire.job_status.replace("_", " ");
  return fire.duration_seconds === null ? status : `${status}, ${span(fire.duration_seconds)}`;
}

const NAMES = {
  success: "success",
  failed: "failed",
  cancelled: "cancelled",
  open: "not ended",
  "left-out": "skipped",
  unknown: "deleted since",
} satisfies Record<MarkKind, string>;

/** `Last 20: 17 success, 2 failed, 1 skipped`. */
export function summaryOf(marks: readonly Mark[]): string {
  const counts = Map.groupBy(marks, (it) => it.kind);
  const said = Object.entries(NAMES)
    .map(([kind, name]) => [counts.get(kind as MarkKind)?.length ?? 0, name] as const)
    .filter(([n]) => n > 0)
    .map(([n, name]) => `${n} ${name}`);
  return `Last ${marks.length}: ${said.join(", ")}`;
}
