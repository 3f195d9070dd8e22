import { Link } from "@tanstack/react-router";
import { CircleCheck, OctagonX, TriangleAlert } from "lucide-react";
import { Fragment, useContext } from "react";
import { clock } from "~/lib/time.ts";
import { useNow } from "~/lib/use-now.ts";
import { type Clause, sinceOf } from "~/overview/verdict.ts";
import { ZoneContext } from "~/ui/moment.tsx";

interface Props {
  readonly clauses: readonly Clause[];
  /** What is said when nothing is wrong. */
  readonly calm: string;
}

/** Whether something is wrong, where, and since when; each part leads to the place. */
export function StatusSentence({ clauses, calm }: Props) {
  const [first] = clauses;
  const zone = useContext(ZoneContext);
  const now = useNow();
  const since = sinceOf(clauses);
  const [Icon, tone] = !first
    ? [CircleCheck, "text-success"]
    : first.gravity === "bad"
      ? [OctagonX, "text-failed"]
      : [TriangleAlert, "text-retrying"];
  return (
    <p className="flex items-start gap-3 text-xl leading-8 tracking-tight">
      <Icon aria-hidden className={`mt-1.5 size-5 shrink-0 ${tone}`} strokeWidth={2.25} />
      {first ? (
        <span className="max-w-[68ch] text-pretty">
          {clauses.map((clause, index) => (
            <Fragment key={clause.words}>
              {index > 0 && (index === clauses.length - 1 ? " and " : ", ")}
              <Link
                to={clause.to}
                search={clause.search ?? {}}
                className="underline decoration-edge decoration-1 underline-offset-4 hover:decoration-ember"
              >
                {index === 0 ? capital(clause.words) : clause.words}
              </Link>
            </Fragment>
          ))}
          .
          {since !== undefined && (
            <span className="text-soft">
              {" "}
              Since{" "}
              <time dateTime={new Date(since).toISOString()}>
                {clock(new Date(since).toISOString(), zone, now).slice(0, -3)}
              </time>
              .
            </span>
          )}
        </span>
      ) : (
        <span>{calm}</span>
      )}
    </p>
  );
}

function capital(words: string): string {
  return words.charAt(0).toUpperCase() + words.slice(1);
}
