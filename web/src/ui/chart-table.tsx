import { type ReactNode, useContext } from "react";
import { clock } from "~/lib/time.ts";
import { useNow } from "~/lib/use-now.ts";
import { ZoneContext } from "~/ui/moment.tsx";
import type { Plot, Stretch } from "~/ui/plot.ts";

interface Props extends Plot {
  readonly title: string;
  readonly window?: ((stretch: Stretch) => ReactNode) | undefined;
}

/** The same values as text, newest first; each row leads where a chosen stretch of the chart does. */
export function ChartTable({ title, series, points, stepMs, format, window }: Props) {
  const zone = useContext(ZoneContext);
  const now = useNow();
  const heads = series.toReversed();
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard (WCAG 2.1.1)
    <section tabIndex={0} aria-label={`${title}, table`} className="h-full overflow-auto">
      <table className="w-full border-collapse">
        <thead className="sticky top-0 bg-ground text-faint text-sm">
          <tr className="h-8 text-right">
            <th scope="col" className="text-left font-normal">
              From
            </th>
            {heads.map(({ key, label }) => (
              <th key={key} scope="col" className="px-2 font-normal">
                {label}
              </th>
            ))}
            {window && (
              <th scope="col" className="w-32 font-normal">
                <span className="sr-only">Jobs</span>
              </th>
            )}
          </tr>
        </thead>
        <tbody>
          {points.toReversed().map(({ at, values }) => (
            <tr key={at} className="h-8 border-hairline border-t text-right">
              <th scope="row" className="figures text-left font-normal text-soft">
                {clock(new Date(at).toISOString(), zone, now)}
              </th>
              {heads.map(({ key }) => (
                <td key={key} className="figures px-2">
                  {shown(values[key], format)}
                </td>
              ))}
              {window && <td>{window({ from: at, to: at + stepMs })}</td>}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function shown(value: number | null | undefined, format: Plot["format"]): ReactNode {
  if (value !== null && value !== undefined) return format(value);
  return (
    <span className="text-faint">
      <span aria-hidden>–</span>
      <span className="sr-only">nothing</span>
    </span>
  );
}
