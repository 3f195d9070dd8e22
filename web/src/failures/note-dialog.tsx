import { useRef } from "react";
import { Confirm } from "~/ui/confirm.tsx";

const MOST = 2_000;

interface Props {
  readonly open: boolean;
  readonly onOpenChange: (open: boolean) => void;
  readonly title: string;
  readonly words: string;
  readonly verb: string;
  readonly note: string | null;
  /** Null takes the note away. */
  readonly onNote: (note: string | null) => Promise<unknown>;
}

/** Asks, with room for what people should know; it begins with the note as it is then. */
export function NoteDialog({ note, onNote, words, ...dialog }: Props) {
  const text = useRef<HTMLTextAreaElement>(null);
  return (
    <Confirm {...dialog} onConfirm={() => onNote(text.current?.value.trim() || null)}>
      <p className="text-soft">{words}</p>
      <label className="flex flex-col gap-1 text-sm">
        Note
        <textarea
          ref={text}
          defaultValue={note ?? ""}
          rows={3}
          maxLength={MOST}
          className="rounded-md border border-edge bg-raised px-3 py-2 text-base"
        />
      </label>
    </Confirm>
  );
}
