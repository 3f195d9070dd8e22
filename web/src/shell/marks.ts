/** What the rail says beside a page's name: one small number, where something waits there. Pure. */
import type { Standing } from "~/live/pulse.ts";

export interface PlaceMark {
  readonly n: number;
  /** What is counted, for the tooltip and for those who do not see its colour: "late". */
  readonly of: string;
  readonly tone: "text-failed" | "text-retrying" | "text-faint";
}

/** Waiting longer than this is late. */
const LATE_MS = 60_000;

export function marks(standing: Standing, now: number): Readonly<Record<string, PlaceMark>> {
  const { summary, queues = [], workers } = standing;
  const late = queues.filter(
    ({ depth, paused, oldest_due_at: due }) =>
      depth > 0 && !paused && due !== null && now - Date.parse(due) > LATE_MS,
  ).length;
  const paused = queues.filter((it) => it.paused).length;
  const { running = 0, failed = 0, dead_letter: dead = 0 } = summary?.by_status ?? {};
  const found: Record<string, PlaceMark> = {
    "/jobs": { n: running, of: "running", tone: "text-faint" },
    "/queues":
      late > 0
        ? { n: late, of: "late", tone: "text-failed" }
        : { n: paused, of: "paused", tone: "text-retrying" },
    "/workers": { n: workers?.lost ?? 0, of: "lost", tone: "text-failed" },
    "/failures": { n: failed + dead, of: "failed", tone: "text-faint" },
  };
  return Object.fromEntries(Object.entries(found).filter(([, mark]) => mark.n > 0));
}

/** `3 failed · Jobs · TaskForge`. */
export function titleOf(place: string | undefined, standing: Standing, now: number): string {
  const { "/queues": queues, "/workers": workers, "/failures": failures } = marks(standing, now);
  const urgent = queues?.of === "late" ? queues : (workers ?? failures);
  const news = urgent && `${urgent.n} ${urgent.of}`;
  return [news, place, "TaskForge"].filter((it) => it !== undefined).join(" · ");
}
