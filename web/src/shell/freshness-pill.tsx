import { CirclePause, type LucideIcon, Radio, RefreshCw, Timer, Unplug } from "lucide-react";
import { useContext } from "react";
import { useNow } from "~/lib/use-now.ts";
import { type Freshness, freshness } from "~/live/freshness.ts";
import { useLive } from "~/live/live.tsx";
import { ZoneContext } from "~/ui/moment.tsx";

const LOOKS = {
  live: { icon: Radio, tone: "text-success" },
  paused: { icon: CirclePause, tone: "text-retrying" },
  polling: { icon: Timer, tone: "text-retrying" },
  trying: { icon: RefreshCw, tone: "text-soft" },
  stale: { icon: Unplug, tone: "text-failed" },
} satisfies Record<Freshness["kind"], { icon: LucideIcon; tone: string }>;

/** How fresh the page is, always in sight; a click holds everything still. */
export function FreshnessPill() {
  const { connection, paused, setPaused, feed, socket } = useLive();
  const zone = useContext(ZoneContext);
  useNow(); // a look every second; what is compared is this machine's own clock
  const { kind, words, detail } = freshness({
    connection,
    paused,
    waiting: feed.waiting,
    lagMs: socket.clock.lagMs,
    heardAt: socket.heardAt,
    now: Date.now(),
    zone,
  });
  const { icon: Icon, tone } = LOOKS[kind];
  const deed = paused ? "Go on (p)" : "Hold still (p)";
  return (
    <button
      type="button"
      aria-pressed={paused}
      title={detail ? `${detail}. ${deed}` : deed}
      onClick={() => setPaused(!paused)}
      className={`flex h-7 shrink-0 cursor-pointer items-center gap-1.5 rounded-full border border-hairline px-2.5 text-sm tabular-nums hover:bg-hover ${tone}`}
    >
      <Icon aria-hidden className="size-3.5" />
      {words}
    </button>
  );
}
