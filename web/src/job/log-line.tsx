import { memo } from "react";
import type { LogLine } from "~/api/schema.ts";
import { fieldsOf } from "~/job/log-rows.ts";
import { type Colour, coloured, type Run } from "~/lib/ansi.ts";
import { Moment } from "~/ui/moment.tsx";
import { Shown } from "~/ui/shown.tsx";

const TONES: Readonly<Record<Colour, string>> = {
  red: "text-failed",
  green: "text-success",
  yellow: "text-retrying",
  blue: "text-running",
  magenta: "text-scheduled",
  cyan: "text-queued",
};

const LEVEL_TONES: Readonly<Record<string, string>> = {
  debug: "text-faint",
  info: "text-soft",
  warning: "text-retrying",
  error: "text-failed",
};

interface Props {
  readonly line: LogLine;
  readonly needle: string;
  readonly wrap: boolean;
  /** It is the one that the address names. */
  readonly marked: boolean;
  readonly found: boolean;
  readonly onMark: (seq: number) => void;
}

export const Line = memo(function Line({ line, needle, wrap, marked, found, onMark }: Props) {
  const space = wrap ? "whitespace-pre-wrap wrap-anywhere" : "whitespace-pre";
  return (
    <div
      className={`flex min-h-6 items-start gap-x-3 px-3 max-md:flex-wrap max-md:py-1 md:pl-0 ${marked ? "bg-ember-wash" : ""} ${found ? "outline outline-ember/50 -outline-offset-1" : ""}`}
    >
      <button
        type="button"
        aria-label={`Line ${line.seq}`}
        aria-pressed={marked}
        title="Link to this line"
        onClick={() => onMark(line.seq)}
        className="min-h-6 w-14 shrink-0 cursor-pointer select-none text-right text-faint -outline-offset-2 hover:text-ink hover:underline max-md:w-auto"
      >
        {line.seq}
      </button>
      <span className="shrink-0 select-none py-0.5 text-faint">
        <Moment at={line.at} as="clock" />
      </span>
      <span className={`w-14 shrink-0 py-0.5 ${LEVEL_TONES[line.level] ?? "text-soft"}`}>
        {line.level}
      </span>
      <span className={`min-w-0 py-0.5 max-md:basis-full ${wrap ? "flex-1" : ""} ${space}`}>
        {coloured(line.message).map((run, place) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: runs are known by their place alone
          <span key={place} className={styles(run)}>
            <Shown text={run.text} needle={needle} kept={"\n\t"} />
          </span>
        ))}
        <Fields line={line} needle={needle} />
      </span>
    </div>
  );
});

function Fields({ line, needle }: { line: LogLine; needle: string }) {
  return fieldsOf(line).map(([name, value]) => (
    <span key={name} className="text-faint">
      {"  "}
      <Shown text={`${name}=`} needle={needle} />
      <span className="text-soft">
        <Shown text={value} needle={needle} />
      </span>
    </span>
  ));
}

function styles({ colour, bold, dim, underlined }: Run): string {
  return [
    colour && TONES[colour],
    bold && "font-semibold",
    dim && "opacity-75",
    underlined && "underline",
  ]
    .filter(Boolean)
    .join(" ");
}
