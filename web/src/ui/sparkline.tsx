interface Props {
  readonly values: readonly (number | null)[];
  /** What it shows, with its unit and span; the picture alone says nothing to some. */
  readonly label: string;
  readonly tone?: string;
  readonly width?: number;
  readonly height?: number;
  /** As wide as its place, in any proportion. */
  readonly stretch?: boolean;
}

/** A line without axes; a gap where nothing is known. */
export function Sparkline({
  values,
  label,
  tone = "text-soft",
  width = 120,
  height = 28,
  stretch = false,
}: Props) {
  return (
    <svg
      role="img"
      aria-label={label}
      viewBox={`0 0 ${width} ${height}`}
      preserveAspectRatio="none"
      className={`block overflow-visible ${tone}`}
      width={stretch ? "100%" : width}
      height={height}
    >
      <path
        d={linePath(values, width, height)}
        fill="none"
        stroke="currentColor"
        strokeWidth="1.5"
        strokeLinejoin="round"
        strokeLinecap="round"
        vectorEffect="non-scaling-stroke"
      />
    </svg>
  );
}

/** From 0 at the bottom to the largest value at the top; one value is a level line. */
function linePath(values: readonly (number | null)[], width: number, height: number): string {
  const most = Math.max(...values.map((it) => it ?? 0), Number.EPSILON);
  const step = width / Math.max(values.length - 1, 1);
  let path = "";
  let pen = "M";
  values.forEach((value, index) => {
    if (value === null) {
      pen = "M";
      return;
    }
    const y = height - 1 - (value / most) * (height - 2);
    path += `${pen}${round(index * step)} ${round(y)}`;
    pen = "L";
    if (values.length === 1) path += `L${width} ${round(y)}`;
  });
  return path;
}

function round(n: number): number {
  return Math.round(n * 100) / 100;
}
