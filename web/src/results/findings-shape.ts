/** Graded findings, as `security_scan` gives them back. Pure. */
import { amount, each, type Fields, fields, list, words } from "~/results/reading.ts";

export const SEVERITIES = ["critical", "high", "medium", "low", "info"] as const;
export type Severity = (typeof SEVERITIES)[number];

export interface Finding {
  readonly id: string;
  readonly title: string;
  readonly severity: Severity;
  readonly category: string;
  readonly evidence: string;
  readonly location: string;
  readonly remedy: string;
  readonly rule: string;
  readonly cwe: string;
  readonly references: readonly string[];
}

export interface FindingsShape {
  readonly grade: string;
  readonly score: number;
  readonly target: string;
  readonly scanType: string;
  readonly counts: Readonly<Record<Severity, number>>;
  readonly total: number;
  readonly findings: readonly Finding[];
  readonly passed: readonly string[];
  readonly skipped: readonly string[];
  readonly deductions: readonly string[];
  readonly failedPolicy: boolean;
  readonly facts: Fields;
}

/** Undefined when the result has no graded findings. */
export function readFindings(result: Fields): FindingsShape | undefined {
  const grade = words(result.grade);
  const score = amount(result.score);
  if (grade === undefined || score === undefined || !list(result.findings)) return;
  const found = each(result.findings, finding);
  const summary = fields(result.summary);
  const counts = Object.fromEntries(
    SEVERITIES.map((it) => [
      it,
      amount(summary?.[it]) ?? found.filter(({ severity }) => severity === it).length,
    ]),
  ) as Record<Severity, number>;
  return {
    grade,
    score,
    target: words(result.target) ?? "",
    scanType: words(result.scan_type) ?? "",
    counts,
    total: amount(summary?.total) ?? found.length,
    findings: found.toSorted(
      (a, b) => SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity),
    ),
    passed: each(result.passed, (it) => words(fields(it)?.title)),
    skipped: each(result.skipped, skip),
    deductions: each(fields(result.arithmetic)?.deductions, deduction),
    failedPolicy: result.failed_policy === true,
    facts: fields(result.facts) ?? {},
  };
}

function finding(value: unknown): Finding | undefined {
  const it = fields(value);
  const severity = SEVERITIES.find((known) => known === it?.severity);
  const title = words(it?.title);
  if (!it || !severity || title === undefined) return;
  const text = (name: string) => words(it[name]) ?? "";
  const line = amount(it.line);
  return {
    id: text("id") || `${text("rule")} ${text("location")}`,
    title,
    severity,
    category: text("category"),
    evidence: text("evidence"),
    location: [text("location"), line && `line ${line}`].filter(Boolean).join(", "),
    remedy: text("remedy"),
    rule: text("rule"),
    cwe: text("cwe"),
    references: each(it.references, words).filter(isWebAddress),
  };
}

function skip(value: unknown): string | undefined {
  const it = fields(value);
  const said = [it?.check, it?.name, it?.reason].map(words).filter(Boolean);
  return said.length > 0 ? said.join(": ") : undefined;
}

function deduction(value: unknown): string | undefined {
  const it = fields(value);
  const [points, count, rule] = [amount(it?.points), amount(it?.count), words(it?.rule)];
  if (points === undefined || rule === undefined) return;
  return `−${points} ${rule}${count && count > 1 ? ` × ${count}` : ""}`;
}

/** A link is followed by people: `javascript:` and the like are none. */
function isWebAddress(text: string): boolean {
  return /^https?:\/\/[^\s]+$/i.test(text);
}
