import { count } from "~/lib/format.ts";
import type { Histogram } from "~/results/table-shape.ts";

const WIDTH = 200;
const HEIGHT = 40;

/** How the values of a column lie between the smallest and the largest. */
export function HistogramPicture({ name, of }: { name: string; of: Histogram }) {
  const most = Math.max(...of.counts, 1);
  const step = WIDTH / of.counts.length;
  const total = of.counts.reduce((sum, n) => sum + n, 0);
  return (
    <svg
      role="img"
      aria-label={`${name}: ${count(total)} values in ${of.counts.length} equal bins, the fullest has ${count(most)}`}
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      preserveAspectRatio="none"
      className="block h-10 w-full text-running opacity-60 forced-colors:opacity-100"
    >
      {of.counts.map((n, bin) => {
        const tall = n === 0 ? 0 : Math.max(1, (n / most) * HEIGHT);
        return (
          <rect
            // biome-ignore lint/suspicious/noArrayIndexKey: a bin is known by its place
            key={bin}
            x={bin * step + 0.5}
            y={HEIGHT - tall}
            width={Math.max(step - 1, 0.5)}
            height={tall}
            fill="currentColor"
          >
            <title>{count(n)}</title>
          </rect>
        );
      })}
    </svg>
  );
}
