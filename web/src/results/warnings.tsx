import { TriangleAlert } from "lucide-react";
import { Shown } from "~/ui/shown.tsx";

/** What the handler said should be known. */
export function Warnings({ warnings }: { warnings: readonly string[] }) {
  if (warnings.length === 0) return null;
  return (
    <ul aria-label="Warnings" className="flex flex-col gap-1">
      {warnings.map((warning) => (
        <li key={warning} className="flex items-start gap-2 text-soft">
          <TriangleAlert aria-hidden className="mt-0.5 size-3.5 shrink-0 text-retrying" />
          <span className="min-w-0 wrap-anywhere">
            <Shown text={warning} />
          </span>
        </li>
      ))}
    </ul>
  );
}
