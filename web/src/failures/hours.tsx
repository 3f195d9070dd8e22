import { count } from "~/lib/format.ts";

interface Props {
  /** How often in each hour, the oldest first, the current one last. */
  readonly hourly: readonly number[];
  readonly width?: number;
  readonly height?: number;
  readonly tone?: string;
}

/** A bar for each hour; an hour with failures has a bar that can be seen, however few they are. */
export function Hours({ hourly, width = 96, height = 20, tone = "text-failed" }: Props) {
  const most = Math.max(...hourly, 1);
  const step = width / hourly.length;
  return (
    <svg
      role="img"
      aria-label={said(hourly)}
      viewBox={`0 0 ${width} ${height}`}
      preserveAspectRatio="none"
      width={width}
      height={height}
      className={`block max-w-full ${tone}`}
    >
      <path d={`M0 ${height - 0.5}H${width}`} stroke="var(--hairline)" />
      {hourly.map((n, hour) => {
        const tall = n === 0 ? 0 : Math.max(2, (n / most) * (height - 1));
        return (
          <rect
            // biome-ignore lint/suspicious/noArrayIndexKey: an hour is known by its place
            key={hour}
            x={hour * step + 0.5}
            y={height - tall}
            width={Math.max(step - 1, 1)}
            height={tall}
            fill="currentColor"
          />
        );
      })}
    </svg>
  );
}

/** The picture in words. */
function said(hourly: readonly number[]): string {
  const total = hourly.reduce((sum, n) => sum + n, 0);
  if (total === 0) return "No failure in the last 24 hours";
  const most = Math.max(...hourly);
  const ago = hourly.length - 1 - hourly.lastIndexOf(most);
  const when = ago === 0 ? "this hour" : `${ago} h ago`;
  return `${count(total)} failures in 24 hours, most ${when}: ${count(most)}`;
}
