import { useMemo, useState } from "react";
import { count } from "~/lib/format.ts";
import { FindingRow } from "~/results/finding-row.tsx";
import {
  type FindingsShape,
  readFindings,
  SEVERITIES,
  type Severity,
} from "~/results/findings-shape.ts";
import type { ResultProps } from "~/results/props.ts";
import { SEVERITY_LOOKS } from "~/results/severity.ts";
import { JsonView } from "~/ui/json-view.tsx";
import { Shown } from "~/ui/shown.tsx";

/** A scan: its grade and how it came about, then what was found, the worst first. */
export function FindingsResult({ result }: ResultProps) {
  const scan = useMemo(() => readFindings(result), [result]);
  const [only, setOnly] = useState<Severity>();
  if (!scan) return null;
  const shown = scan.findings.filter(({ severity }) => !only || severity === only);
  return (
    <div className="flex min-w-0 flex-col gap-6">
      <Grade scan={scan} />
      <section aria-label="Findings" className="flex min-w-0 flex-col gap-2">
        <div className="flex flex-wrap items-center gap-1">
          <h3 className="mr-3 font-medium">
            Findings <span className="figures font-normal text-faint">{count(scan.total)}</span>
          </h3>
          {SEVERITIES.filter((it) => scan.counts[it] > 0).map((severity) => (
            <SeverityFilter
              key={severity}
              severity={severity}
              n={scan.counts[severity]}
              pressed={only === severity}
              onPress={() => setOnly(only === severity ? undefined : severity)}
            />
          ))}
        </div>
        {scan.findings.length === 0 && (
          <p className="text-soft">Nothing was found; {count(scan.passed.length)} checks passed.</p>
        )}
        <ul className="border-hairline border-t">
          {shown.map((finding) => (
            <FindingRow key={finding.id} finding={finding} />
          ))}
        </ul>
      </section>
      <Folded title="Passed" lines={scan.passed} />
      <Folded title="Skipped" lines={scan.skipped} />
      {Object.keys(scan.facts).length > 0 && (
        <details>
          <summary className="cursor-pointer py-1 font-medium">What was seen</summary>
          <JsonView value={scan.facts} label="Facts" />
        </details>
      )}
    </div>
  );
}

function Grade({ scan }: { scan: FindingsShape }) {
  const { grade, score, deductions, target, scanType, failedPolicy } = scan;
  const tone = score >= 80 ? "text-success" : score >= 50 ? "text-retrying" : "text-failed";
  return (
    <header className="flex flex-wrap items-start gap-x-6 gap-y-3">
      <p className="flex items-baseline gap-3">
        <span className="sr-only">Grade</span>
        <span className={`figures font-semibold text-2xl ${tone}`}>{grade}</span>
        <span className="figures text-soft">{score} of 100</span>
      </p>
      <div className="min-w-0">
        <p className="wrap-anywhere">
          <Shown text={target} />
        </p>
        <p className="text-soft">
          {scanType} scan
          {failedPolicy && <span className="text-failed"> · worse than its policy allows</span>}
        </p>
      </div>
      {deductions.length > 0 && (
        <details className="ml-auto max-md:ml-0">
          <summary className="cursor-pointer text-soft">How the score came about</summary>
          <ul className="figures mt-1 max-h-60 overflow-auto text-soft">
            {deductions.map((it) => (
              <li key={it}>{it}</li>
            ))}
          </ul>
        </details>
      )}
    </header>
  );
}

interface FilterProps {
  readonly severity: Severity;
  readonly n: number;
  readonly pressed: boolean;
  readonly onPress: () => void;
}

function SeverityFilter({ severity, n, pressed, onPress }: FilterProps) {
  const { icon: Icon, label, tone } = SEVERITY_LOOKS[severity];
  return (
    <button
      type="button"
      aria-pressed={pressed}
      onClick={onPress}
      className="flex h-8 cursor-pointer items-center gap-1.5 rounded-md px-2 hover:bg-hover aria-pressed:bg-hover aria-pressed:text-ink aria-pressed:inset-ring aria-pressed:inset-ring-edge"
    >
      <Icon aria-hidden className={`size-3.5 ${tone}`} strokeWidth={2.25} />
      {label}
      <span className="figures text-faint">{count(n)}</span>
    </button>
  );
}

function Folded({ title, lines }: { title: string; lines: readonly string[] }) {
  if (lines.length === 0) return null;
  return (
    <details>
      <summary className="cursor-pointer py-1 font-medium">
        {title} <span className="figures font-normal text-faint">{count(lines.length)}</span>
      </summary>
      <ul className="flex flex-col">
        {lines.map((line) => (
          <li key={line} className="border-hairline border-b py-1 text-soft wrap-anywhere">
            <Shown text={line} />
          </li>
        ))}
      </ul>
    </details>
  );
}
