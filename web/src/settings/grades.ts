import type { SystemView } from "~/api/schema.ts";
import { span } from "~/lib/format.ts";

/** How a part stands, in a word or two. */
export interface Grade {
  readonly kind: "fine" | "warn" | "away";
  readonly words: string;
}

const FINE: Grade = { kind: "fine", words: "Fine" };
const AWAY: Grade = { kind: "away", words: "Does not answer" };
const SLOW_SECONDS = 0.25;
const LAG_SECONDS = 2;

type Part = "database" | "redis" | "stream" | "schedulers";

/** What the facts of each part amount to. */
export function gradesOf(system: SystemView): Record<Part, Grade> {
  return {
    database: database(system),
    redis: answered(system.redis?.seconds),
    stream: stream(system),
    schedulers: schedulers(system),
  };
}

function database({ database: facts, head }: SystemView): Grade {
  if (facts && facts.revision !== head)
    return { kind: "warn", words: "Tables are at another revision" };
  if (facts && facts.connections >= facts.max_connections * 0.9)
    return { kind: "warn", words: "Few connections left" };
  return answered(facts?.seconds);
}

function answered(seconds: number | undefined): Grade {
  if (seconds === undefined) return AWAY;
  return seconds > SLOW_SECONDS ? { kind: "warn", words: "Slow" } : FINE;
}

function stream({ stream: facts }: SystemView): Grade {
  if (!facts) return AWAY;
  const lag = facts.lag_seconds ?? 0;
  return lag > LAG_SECONDS ? { kind: "warn", words: `${span(lag)} behind` } : FINE;
}

function schedulers({ schedulers: facts }: SystemView): Grade {
  if (!facts) return AWAY;
  if (facts.seen.length === 0) return { kind: "away", words: "None was ever seen" };
  if (facts.failing.length > 0) return { kind: "warn", words: `${facts.failing.length} failing` };
  if (facts.late.length > 0) return { kind: "warn", words: `${span(facts.lag_seconds ?? 0)} late` };
  return FINE;
}
