import type { FireRecord } from "~/api/schema.ts";
import { type Mark, type MarkKind, marksOf, summaryOf } from "~/schedules/fire-marks.ts";

const STEP = 6;
const WIDE = 4;
const HIGH = 20;
const LEAST = 5;

const TONES = {
  success: "text-success",
  failed: "text-failed",
  cancelled: "text-cancelled",
  open: "text-running",
  "left-out": "text-faint",
  unknown: "text-edge",
} satisfies Record<MarkKind, string>;

/** The last twenty fires: height by run time, form and colour by what became of them. */
export function FireStrip({ fires }: { fires: readonly FireRecord[] }) {
  if (fires.length === 0) return <span className="text-faint">Not yet</span>;
  const marks = marksOf(fires);
  return (
    <svg
      role="img"
      aria-label={summaryOf(marks)}
      width={marks.length * STEP}
      height={HIGH}
      className="block"
    >
      <title>{summaryOf(marks)}</title>
      {marks.map((mark, place) => (
        <g key={mark.key} className={TONES[mark.kind]} transform={`translate(${place * STEP} 0)`}>
          <title>{mark.words}</title>
          <Form mark={mark} />
        </g>
      ))}
    </svg>
  );
}

function Form({ mark: { kind, height } }: { mark: Mark }) {
  const size = LEAST + height * (HIGH - LEAST - 4);
  const top = HIGH - size;
  switch (kind) {
    case "success":
      return <rect y={top} width={WIDE} height={size} rx={1} fill="currentColor" />;
    case "failed":
      return (
        <>
          <rect y={top} width={WIDE} height={size} fill="currentColor" />
          <path
            d={`M0 ${top - 5}l${WIDE} 3m0 -3l-${WIDE} 3`}
            stroke="currentColor"
            strokeWidth={1.5}
          />
        </>
      );
    case "cancelled":
      return (
        <path d={`M0.5 ${HIGH}L${WIDE - 0.5} ${top}`} stroke="currentColor" strokeWidth={1.75} />
      );
    case "open":
    case "unknown":
      return (
        <rect
          x={0.75}
          y={top}
          width={WIDE - 1.5}
          height={size - 0.75}
          fill="none"
          stroke="currentColor"
          strokeWidth={1.25}
        />
      );
    case "left-out":
      return <circle cx={WIDE / 2} cy={HIGH - 2.5} r={1.75} fill="none" stroke="currentColor" />;
  }
}
