import { createContext, useContext, useMemo } from "react";
import { span } from "~/lib/format.ts";
import { clock, exactly, localZone, relative, type Zone } from "~/lib/time.ts";
import { useNow } from "~/lib/use-now.ts";

/** The zone that times are shown in. */
export const ZoneContext = createContext<Zone>(localZone);

/** A moment; everything about it stands in the tooltip. */
export function Moment({ at, as = "relative" }: { at: string; as?: "relative" | "clock" }) {
  const zone = useContext(ZoneContext);
  const now = useNow();
  const words = as === "relative" ? relative(at, zone, now) : clock(at, zone, now);
  // Lists show hundreds of them, and each is drawn again every second.
  const title = useMemo(() => exactly(at, zone), [at, zone]);
  return (
    <time dateTime={at} title={title} className="figures whitespace-nowrap">
      {words}
    </time>
  );
}

/** A span that was so long when it was read, and has grown since; the two clocks need not agree. */
export function Ageing({ seconds, readAt }: { seconds: number; readAt: number }) {
  const now = useNow();
  const age = seconds + Math.max(0, now - readAt) / 1000;
  return <span className="figures whitespace-nowrap">{span(Math.floor(age))}</span>;
}

/** How long something took, or has taken since `from`. */
export function Took({ seconds, from }: { seconds?: number | null; from?: string | null }) {
  const now = useNow();
  const value = seconds ?? (from ? Math.max(0, (now - Date.parse(from)) / 1000) : undefined);
  return (
    <span className="figures whitespace-nowrap">{value === undefined ? "" : span(value)}</span>
  );
}
