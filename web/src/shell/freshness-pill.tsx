import { CirclePause, Radio, RefreshCw } from "lucide-react";
import { span } from "~/lib/format.ts";
import { useNow } from "~/lib/use-now.ts";
import { useLive } from "~/live/live.tsx";

/** How fresh the page is, always in sight; a click pauses it. */
export function FreshnessPill() {
  const { connection, paused, setPaused, feed } = useLive();
  const now = useNow();
  const [Icon, words, tone] = paused
    ? [CirclePause, `Paused (${feed.waiting} waiting)`, "text-retrying"]
    : connection.state === "live"
      ? [Radio, "Live", "text-success"]
      : connection.state === "waiting" && connection.until > now
        ? [
            RefreshCw,
            `Reconnecting in ${span(Math.ceil((connection.until - now) / 1000))}`,
            "text-failed",
          ]
        : [RefreshCw, "Connecting", "text-soft"];
  return (
    <button
      type="button"
      aria-pressed={paused}
      title={paused ? "Go on (p)" : "Hold still (p)"}
      onClick={() => setPaused(!paused)}
      className={`flex h-7 cursor-pointer items-center gap-1.5 rounded-full border border-hairline px-2.5 text-sm hover:bg-hover ${tone}`}
    >
      <Icon aria-hidden className="size-3.5" />
      {words}
    </button>
  );
}
