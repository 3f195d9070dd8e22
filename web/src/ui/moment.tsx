import { createContext, useContext } from "react";
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
  return (
    <time dateTime={at} title={exactly(at, zone)} className="figures whitespace-nowrap">
      {words}
    </time>
  );
}

/** How long something took, or has taken since `from`. */
export function Took({ seconds, from }: { seconds?: number | null; from?: string | null }) {
  const now = useNow();
  const value = seconds ?? (from ? Math.max(0, (now - Date.parse(from)) / 1000) : undefined);
  return (
    <span className="figures whitespace-nowrap">{value === undefined ? "" : span(value)}</span>
  );
}
