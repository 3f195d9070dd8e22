import { useContext } from "react";
import type { TooltipContentProps } from "recharts";
import { clock } from "~/lib/time.ts";
import { useNow } from "~/lib/use-now.ts";
import { ZoneContext } from "~/ui/moment.tsx";
import type { Plot } from "~/ui/plot.ts";

type Props = Pick<Plot, "series" | "stepMs" | "format"> & Partial<TooltipContentProps>;

/** The values of the span under the pointer. */
export function ChartTooltip({ series, stepMs, format, active, label, payload }: Props) {
  const zone = useContext(ZoneContext);
  const now = useNow();
  if (!active || label === undefined) return null;
  const at = Number(label);
  const edge = (moment: number) => clock(new Date(moment).toISOString(), zone, now).slice(0, -3);
  return (
    <div className="rounded-md border border-hairline bg-raised px-3 py-2 text-sm shadow-float">
      <p className="figures mb-1 text-faint">
        {edge(at)} – {edge(at + stepMs).slice(-5)}
      </p>
      <dl className="grid grid-cols-[auto_auto] gap-x-6">
        {series.toReversed().map(({ key, label: name }) => {
          const value = payload?.find((it) => it.dataKey === key)?.value;
          return (
            <div key={key} className="col-span-2 grid grid-cols-subgrid">
              <dt className="text-soft">{name}</dt>
              <dd className="figures text-right">
                {typeof value === "number" ? format(value) : "–"}
              </dd>
            </div>
          );
        })}
      </dl>
    </div>
  );
}
