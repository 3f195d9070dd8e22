import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { QueueView, Slice, Summary } from "~/api/schema.ts";
import { timeseriesQuery } from "~/api/statistics.ts";
import { count, percent, span } from "~/lib/format.ts";
import { useNow } from "~/lib/use-now.ts";
import { usePulse } from "~/live/pulse.ts";
import {
  byLateness,
  change,
  ended,
  failed,
  failureRate,
  lateness,
  total,
  whole,
} from "~/overview/figures.ts";
import { Compared, Tile } from "~/overview/tile.tsx";
import { Failure } from "~/ui/faces.tsx";

const HOUR = 60;
const DAY = 24 * HOUR;
/** Yesterday's hour does not change while one looks. */
const yesterday = { ...timeseriesQuery(HOUR, DAY), staleTime: 300_000 };

/** The four numbers that tell how it goes. */
export function Tiles() {
  const { summary, queues, workers } = usePulse();
  const now = useQuery({ ...timeseriesQuery(HOUR), refetchInterval: 15_000 });
  const before = useQuery(yesterday);
  if (now.isError) return <Failure error={now.error} onRetry={() => now.refetch()} />;
  const minutes = whole(now.data?.items ?? []);
  const past = before.data?.items ?? [];
  return (
    <dl className="grid grid-cols-2 gap-x-6 divide-hairline border-hairline border-y xl:grid-cols-4 xl:gap-x-0 xl:divide-x">
      <Throughput summary={summary} minutes={minutes} past={past} />
      <Failing minutes={minutes} past={past} />
      <Oldest queues={queues} minutes={minutes} />
      <Busy running={summary?.by_status.running} slots={workers?.slots} minutes={minutes} />
    </dl>
  );
}

interface Part {
  readonly minutes: readonly Slice[];
}

function Throughput({
  summary,
  minutes,
  past,
}: Part & { summary: Summary | undefined; past: readonly Slice[] }) {
  const rate = summary?.throughput_per_minute;
  const compared = change(total(minutes, ended), total(past, ended));
  return (
    <Tile
      name="Throughput"
      value={rate === undefined ? "…" : count(rate < 10 ? Number(rate.toFixed(1)) : rate)}
      unit="jobs/min"
      note={minutes.length > 0 && <Compared change={compared} />}
      spark={minutes.map(ended)}
      sparkLabel="Jobs that ended in each of the last 60 minutes"
    />
  );
}

function Failing({ minutes, past }: Part & { past: readonly Slice[] }) {
  const rate = failureRate(minutes);
  const before = failureRate(past);
  return (
    <Tile
      name="Failure rate, last hour"
      value={minutes.length === 0 ? "…" : rate === undefined ? "–" : percent(rate).slice(0, -2)}
      unit="%"
      note={
        before !== undefined && (
          <>
            <span className="figures text-soft">{percent(before)}</span> at this hour yesterday
          </>
        )
      }
      spark={minutes.map(failed)}
      sparkLabel="Jobs that failed in each of the last 60 minutes"
      tone="text-failed"
    />
  );
}

function Oldest({ queues, minutes }: Part & { queues: readonly QueueView[] | undefined }) {
  const now = useNow();
  const [first] = byLateness(queues ?? []);
  const isWaiting = first && first.depth > 0;
  const [value, unit] = isWaiting ? parts(lateness(first, now)) : ["0", "s"];
  return (
    <Tile
      name="Oldest waiting job"
      value={queues ? value : "…"}
      unit={unit}
      note={
        isWaiting ? (
          <Link
            to="/jobs"
            search={{ q: `status:queued queue:${first.name}` }}
            className="underline decoration-edge underline-offset-2 hover:decoration-ember"
          >
            {count(first.depth)} waiting in {first.name}
          </Link>
        ) : (
          queues && "Nothing is waiting"
        )
      }
      spark={minutes.map((it) => it.wait_seconds.p95)}
      sparkLabel="Wait that 95 % stayed under, in each of the last 60 minutes"
    />
  );
}

function Busy({
  running = 0,
  slots,
  minutes,
}: Part & { running: number | undefined; slots: number | undefined }) {
  return (
    <Tile
      name="Busy slots"
      value={slots === undefined ? "…" : count(running)}
      unit={slots === undefined ? "" : `of ${count(slots)}`}
      note={
        slots !== undefined && (
          <span className="flex items-center gap-2">
            <span className="h-1 w-16 overflow-hidden rounded-full bg-hairline">
              <span
                className="block h-full bg-running"
                style={{ width: `${slots > 0 ? Math.min(100, (100 * running) / slots) : 0}%` }}
              />
            </span>
            {slots > 0 ? percent(running / slots) : "no worker online"}
          </span>
        )
      }
      spark={minutes.map((it) => it.started)}
      sparkLabel="Jobs that started in each of the last 60 minutes"
    />
  );
}

/** The larger unit alone: what stands there is read at a glance. */
function parts(seconds: number): [string, string] {
  const [value = "0", unit = "s"] = span(Math.floor(seconds)).split(" ");
  return [value, unit];
}
