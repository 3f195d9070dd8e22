import { ChevronRight } from "lucide-react";
import type { Finding } from "~/results/findings-shape.ts";
import { SEVERITY_LOOKS } from "~/results/severity.ts";
import { Shown } from "~/ui/shown.tsx";

/** One finding; unfolded it says what was seen, and what helps. */
export function FindingRow({ finding }: { finding: Finding }) {
  const { icon: Icon, label, tone } = SEVERITY_LOOKS[finding.severity];
  return (
    <li className="border-hairline border-b">
      <details className="group">
        <summary className="flex min-h-9 cursor-pointer list-none items-center gap-3 py-1 hover:bg-hover">
          <ChevronRight
            aria-hidden
            className="size-3.5 shrink-0 text-faint transition-transform duration-100 group-open:rotate-90"
          />
          <span className={`flex w-20 shrink-0 items-center gap-1.5 ${tone}`}>
            <Icon aria-hidden className="size-3.5" strokeWidth={2.25} />
            {label}
          </span>
          <span className="min-w-0 flex-1 wrap-anywhere">
            <Shown text={finding.title} />
          </span>
          <span className="figures max-w-64 truncate text-faint max-md:hidden">
            <Shown text={finding.location} />
          </span>
        </summary>
        <dl className="mb-3 ml-6.5 grid grid-cols-[6rem_1fr] gap-x-4 gap-y-1.5">
          <Line name="Evidence">
            {finding.evidence && (
              <code className="figures rounded bg-sunken px-1.5 py-0.5 wrap-anywhere">
                <Shown text={finding.evidence} />
              </code>
            )}
          </Line>
          <Line name="Where">
            <span className="figures wrap-anywhere">
              <Shown text={finding.location} />
            </span>
          </Line>
          <Line name="Remedy">{finding.remedy && <Shown text={finding.remedy} />}</Line>
          <Line name="Rule">
            <span className="figures">
              {[finding.rule, finding.cwe].filter(Boolean).join(" · ")}
            </span>
          </Line>
          <Line name="More">
            {finding.references.length > 0 &&
              finding.references.map((url) => (
                <a
                  key={url}
                  href={url}
                  target="_blank"
                  rel="noopener noreferrer"
                  className="block text-ember wrap-anywhere hover:underline"
                >
                  {url}
                </a>
              ))}
          </Line>
        </dl>
      </details>
    </li>
  );
}

function Line({ name, children }: { name: string; children: React.ReactNode }) {
  if (!children) return null;
  return (
    <>
      <dt className="text-soft">{name}</dt>
      <dd className="min-w-0">{children}</dd>
    </>
  );
}
