import { type ReactNode, useState } from "react";
import { Button } from "~/ui/button.tsx";
import { Dialog } from "~/ui/dialog.tsx";
import { Notice } from "~/ui/faces.tsx";

interface Props {
  readonly open: boolean;
  readonly onOpenChange: (open: boolean) => void;
  /** A question that names the effect: "Cancel 12,431 jobs?" */
  readonly title: string;
  readonly children?: ReactNode;
  /** The verb on the button. */
  readonly verb: string;
  readonly danger?: boolean;
  /** What must be typed before the button works, for what cannot be undone. */
  readonly typed?: string;
  /** Why it cannot be done as it stands, beside what must be typed. */
  readonly unless?: string | undefined;
  /** Refusals are shown inside; the dialog closes when it is done. */
  readonly onConfirm: () => Promise<unknown>;
}

export function Confirm({
  open,
  onOpenChange,
  title,
  verb,
  danger = false,
  typed,
  unless,
  onConfirm,
  children,
}: Props) {
  const [words, setWords] = useState("");
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<Error>();

  async function confirm(): Promise<void> {
    setBusy(true);
    setError(undefined);
    try {
      await onConfirm();
      onOpenChange(false);
    } catch (cause) {
      setError(cause instanceof Error ? cause : new Error(String(cause)));
    } finally {
      setBusy(false);
    }
  }

  const missing =
    unless ?? (typed !== undefined && words.trim() !== typed ? `Type ${typed} first.` : undefined);
  return (
    <Dialog open={open} onOpenChange={onOpenChange} title={title}>
      <form
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          if (!missing && !busy) void confirm();
        }}
      >
        {children}
        {typed !== undefined && (
          <label className="flex flex-col gap-1 text-sm">
            Type {typed} to go on
            <input
              value={words}
              onChange={(event) => setWords(event.target.value)}
              autoComplete="off"
              className="figures h-9 rounded-md border border-edge bg-raised px-3"
            />
          </label>
        )}
        {error && <Notice error={error} />}
        <div className="flex justify-end gap-2">
          <Button kind="quiet" onClick={() => onOpenChange(false)}>
            Keep
          </Button>
          <Button
            kind={danger ? "danger" : "primary"}
            type="submit"
            unless={missing ?? (busy ? "In progress" : undefined)}
          >
            {verb}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
