import { useContext } from "react";
import type { Fire } from "~/api/schema.ts";
import type { Zone } from "~/lib/time.ts";
import { useNow } from "~/lib/use-now.ts";
import { wallOf } from "~/lib/wall-time.ts";
import { Moment, ZoneContext } from "~/ui/moment.tsx";

const DAY = 86_400_000;

interface Props {
  readonly fires: readonly Fire[];
  readonly zone: Zone;
}

/** Moments to come, in the schedule's zone and in the viewer's, as the server reckons them. */
export function Fires({ fires, zone }: Props) {
  const viewers = useContext(ZoneContext);
  const now = useNow();
  const both = viewers !== zone;
  if (fires.length === 0) return <p className="text-soft">It never fires.</p>;
  return (
    <div className="relative overflow-x-auto">
      <table aria-label="Next fires" className="w-full text-left">
        <thead>
          <tr className="text-faint text-sm">
            <th scope="col" className="py-1 pr-4 font-normal">
              {zone}
            </th>
            {both && (
              <th scope="col" className="py-1 pr-4 font-normal">
                {viewers}
              </th>
            )}
            <th scope="col" className="py-1 text-right font-normal max-md:hidden">
              <span className="sr-only">From now</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {fires.map((it) => (
            <tr key={it.at} className="border-hairline border-t">
              <td className="figures whitespace-nowrap py-1 pr-4">
                {weekday(it.local)} {shortly(it.local.slice(0, 19))}{" "}
                <span className="text-faint">{it.local.replace(/^.{19}(\.\d+)?/, "")}</span>
                {it.clock_change_minutes !== 0 && (
                  <span className="block whitespace-normal font-sans text-retrying text-sm">
                    Clocks go {it.clock_change_minutes > 0 ? "forward" : "back"} by{" "}
                    {Math.abs(it.clock_change_minutes)} min on this day
                  </span>
                )}
              </td>
              {both && (
                <td className="whitespace-nowrap py-1 pr-4 text-soft">
                  <time dateTime={it.at} className="figures">
                    {shortly(wallOf(it.at, viewers)).slice(5)}
                  </time>
                </td>
              )}
              <td className="py-1 text-right text-soft max-md:hidden">
                {Date.parse(it.at) - now < DAY && <Moment at={it.at} />}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** Without seconds where there are none. */
function shortly(wall: string): string {
  return wall.replace("T", " ").replace(/( \d\d:\d\d):00$/, "$1");
}

/** Of the day that the text names, wherever it is read. */
function weekday(local: string): string {
  const day = new Date(`${local.slice(0, 10)}T00:00:00Z`);
  return day.toLocaleDateString("en", { weekday: "short", timeZone: "UTC" });
}
