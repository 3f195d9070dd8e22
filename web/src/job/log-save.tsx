import { Download } from "lucide-react";
import { useState } from "react";
import type { LogLine } from "~/api/schema.ts";
import { type Hole, logText } from "~/job/log-rows.ts";
import { wholeLog } from "~/job/use-log-lines.ts";
import { download } from "~/lib/download.ts";
import { Button } from "~/ui/button.tsx";
import { Notice } from "~/ui/faces.tsx";
import { useSay } from "~/ui/toast.tsx";

interface Props {
  readonly jobId: string;
  readonly lines: readonly LogLine[];
  readonly missing: readonly Hole[];
}

/** Saves the whole log, lines that are not on the page included. */
export function SaveLog({ jobId, lines, missing }: Props) {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<Error>();
  const say = useSay();

  async function save(): Promise<void> {
    setBusy(true);
    setError(undefined);
    try {
      const whole = await wholeLog(jobId, lines, missing);
      download(logText(whole.lines), `${jobId}.log`);
      if (whole.cut)
        say("The file is not whole", "The log has more lines than can be read at once.");
    } catch (cause) {
      setError(cause instanceof Error ? cause : new Error(String(cause)));
    } finally {
      setBusy(false);
    }
  }

  return (
    <>
      {error && <Notice error={error} />}
      <Button
        kind="quiet"
        label="Download the whole log"
        onClick={() => void save()}
        unless={busy ? "Being read." : undefined}
      >
        <Download aria-hidden className="size-4" strokeWidth={1.75} />
      </Button>
    </>
  );
}
