import { ArrowDownToLine, WrapText } from "lucide-react";
import { useMemo, useState } from "react";
import type { JobDetail, LogLevel } from "~/api/schema.ts";
import { Line } from "~/job/log-line.tsx";
import { type Hole, LEVELS, type LogRow, logRows, logText, rowsWith } from "~/job/log-rows.ts";
import { SaveLog } from "~/job/log-save.tsx";
import { isEnd } from "~/job/timeline.ts";
import { useLogLines } from "~/job/use-log-lines.ts";
import { useRoll } from "~/job/use-roll.ts";
import { count } from "~/lib/format.ts";
import { remember, remembered } from "~/lib/storage.ts";
import { Button } from "~/ui/button.tsx";
import { Copy } from "~/ui/copy.tsx";
import { Empty, Notice } from "~/ui/faces.tsx";
import { FindBox } from "~/ui/find-box.tsx";
import { Select } from "~/ui/select.tsx";

interface Props {
  readonly job: JobDetail;
  /** The line that the address names. */
  readonly line: number | undefined;
  readonly onLine: (line: number | undefined) => void;
}

/** The log of a job, live; older lines come when they are asked for. */
export function LogView({ job, line, onLine }: Props) {
  const log = useLogLines(job, line);
  const ended = isEnd(job.status);
  if (log.lines.length > 0 || log.loading) {
    return <Log job={job} line={line} onLine={onLine} log={log} live={!ended} />;
  }
  return (
    <Empty title={ended ? "It wrote no log" : "No line yet"}>
      <p>
        {ended
          ? "What happened to it stands under Events."
          : "Lines appear here as the job writes them."}
      </p>
    </Empty>
  );
}

interface LogProps extends Props {
  readonly log: ReturnType<typeof useLogLines>;
  readonly live: boolean;
}

function Log({ job, line, onLine, log, live }: LogProps) {
  const { lines, missing, fill, error, loading } = log;
  const [least, setLeast] = useState<LogLevel>("debug");
  const [needle, setNeedle] = useState("");
  const [step, setStep] = useState(0);
  const [wrap, setWrap] = useState(remembered("log.wrap") !== "no");
  const rows = useMemo(() => logRows(lines, least, missing), [lines, least, missing]);
  const hits = useMemo(() => rowsWith(rows, needle), [rows, needle]);
  const roll = useRoll(rows, line, live && line === undefined);

  function go(to: number): void {
    const next = (to + hits.length) % hits.length;
    setStep(next);
    roll.show(hits[next]);
  }

  return (
    <div className="flex min-w-0 flex-col gap-2">
      <div className="flex flex-wrap items-center gap-1">
        <FindBox
          label="Find in the log"
          needle={needle}
          onNeedle={(next) => {
            setNeedle(next);
            setStep(0);
            roll.show(rowsWith(rows, next)[0]);
          }}
          hits={hits.length}
          step={step}
          onStep={go}
        />
        <Select
          label="Least serious level"
          options={LEVELS.map((value) => ({ value, label: LEVEL_WORDS[value] }))}
          value={least}
          onValue={setLeast}
        />
        <Button
          kind="quiet"
          label={wrap ? "Do not wrap lines" : "Wrap lines"}
          onClick={() => {
            remember("log.wrap", wrap ? "no" : undefined);
            setWrap(!wrap);
          }}
        >
          <WrapText
            aria-hidden
            className={`size-4 ${wrap ? "text-ember" : ""}`}
            strokeWidth={1.75}
          />
        </Button>
        <span className="ml-auto text-soft text-sm">
          <span className="figures">{count(lines.length)}</span> lines
        </span>
        <SaveLog jobId={job.id} lines={lines} missing={missing} />
        <Copy text={() => logText(lines)} what="the lines that are here" />
      </div>
      {error && <Notice error={error} />}
      <div className="relative">
        <div
          ref={roll.frame}
          onScroll={roll.onScroll}
          className="figures max-h-[60dvh] overflow-auto rounded-md bg-sunken py-2"
        >
          <ol
            aria-label="Log"
            className={`relative ${wrap ? "w-full" : "w-max min-w-full"}`}
            style={{ height: roll.virtual.getTotalSize() }}
          >
            {roll.virtual.getVirtualItems().map(({ index, start, key }) => {
              const row = rows[index];
              return (
                row && (
                  <li
                    key={key}
                    ref={roll.virtual.measureElement}
                    data-index={index}
                    style={{ transform: `translateY(${start}px)` }}
                    className="absolute inset-x-0 top-0"
                  >
                    <Row
                      row={row}
                      needle={needle}
                      wrap={wrap}
                      loading={loading}
                      marked={row.kind === "line" && row.line.seq === line}
                      found={needle !== "" && hits[step] === index}
                      onMark={(seq) => onLine(seq === line ? undefined : seq)}
                      onFill={(hole) => {
                        roll.hold(lines.find((it) => it.seq > hole.to)?.seq);
                        fill(hole);
                      }}
                    />
                  </li>
                )
              );
            })}
          </ol>
        </div>
        {!roll.follows && (
          <div className="absolute right-4 bottom-4 rounded-md shadow-float">
            <Button onClick={roll.toEnd}>
              <ArrowDownToLine aria-hidden className="size-4" strokeWidth={1.75} />
              {live ? "Jump to end and follow" : "Jump to end"}
            </Button>
          </div>
        )}
      </div>
    </div>
  );
}

const LEVEL_WORDS: Readonly<Record<LogLevel, string>> = {
  debug: "All levels",
  info: "Info and above",
  warning: "Warnings, errors",
  error: "Errors",
};

interface RowProps {
  readonly row: LogRow;
  readonly needle: string;
  readonly wrap: boolean;
  readonly loading: boolean;
  readonly marked: boolean;
  readonly found: boolean;
  readonly onMark: (seq: number) => void;
  readonly onFill: (hole: Hole) => void;
}

function Row({ row, loading, onFill, ...shown }: RowProps) {
  if (row.kind === "hole") {
    return <Gap first={row.from === 0} loading={loading} onFill={() => onFill(row)} />;
  }
  return (
    <>
      {row.begins && (
        <p className="border-hairline border-t px-3 pt-1 font-sans text-faint text-sm">
          Attempt {row.line.attempt}
        </p>
      )}
      <Line line={row.line} {...shown} />
    </>
  );
}

interface GapProps {
  readonly first: boolean;
  readonly loading: boolean;
  readonly onFill: () => void;
}

function Gap({ first, loading, onFill }: GapProps) {
  return (
    <div className="flex min-h-8 items-center gap-3 px-3 font-sans text-soft text-sm">
      {first ? "Earlier lines are not here yet." : "Lines between are not here yet."}
      <button
        type="button"
        disabled={loading}
        onClick={onFill}
        className="min-h-6 cursor-pointer text-ember underline disabled:text-faint"
      >
        {loading ? "Reading…" : "Show"}
      </button>
    </div>
  );
}
