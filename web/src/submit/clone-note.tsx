import { Link } from "@tanstack/react-router";
import { differences, type Json, type JsonObject } from "~/lib/json.ts";

interface Props {
  readonly id: string;
  readonly original: JsonObject;
  readonly payload: JsonObject;
}

const MOST = 8;

/** What a clone changes of the job that it is made after. */
export function CloneNote({ id, original, payload }: Props) {
  const changed = differences(original, payload);
  return (
    <section aria-label="Clone" className="flex flex-col gap-2 border-ember border-l-2 py-0.5 pl-3">
      <p>
        A clone of{" "}
        <Link
          to="/jobs/$jobId"
          params={{ jobId: id }}
          className="figures text-ember underline-offset-2 hover:underline"
        >
          {id}
        </Link>
        {changed.length === 0
          ? ", with the same payload so far."
          : `, with ${changed.length === 1 ? "one change" : `${changed.length} changes`}:`}
      </p>
      {changed.length > 0 && (
        <ul className="flex flex-col gap-1 text-sm">
          {changed.slice(0, MOST).map(({ pointer, before, after }) => (
            <li key={pointer} className="figures min-w-0 wrap-anywhere">
              <span className="text-soft">{pointer || "/"}</span> {short(before)}{" "}
              <span aria-hidden>→</span>
              <span className="sr-only">becomes</span> <strong>{short(after)}</strong>
            </li>
          ))}
          {changed.length > MOST && <li>and {changed.length - MOST} more</li>}
        </ul>
      )}
    </section>
  );
}

function short(value: Json | undefined): string {
  if (value === undefined) return "nothing";
  const text = JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
