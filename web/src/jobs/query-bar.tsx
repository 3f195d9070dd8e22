import { Autocomplete } from "@base-ui/react/autocomplete";
import { Search, X } from "lucide-react";
import { useEffect, useEffectEvent, useRef, useState } from "react";
import type { JobList } from "~/jobs/job-list.ts";
import { isComplete, type Tone, toned } from "~/jobs/query-text.ts";
import { type Suggestion, suggest } from "~/jobs/suggest.ts";
import { useKnown } from "~/jobs/use-known.ts";
import { useShortcut } from "~/keys/keyboard.tsx";
import { printed } from "~/keys/shortcuts.ts";
import { Kbd } from "~/ui/kbd.tsx";

const PAUSE_MS = 350;

const TONES: Record<Tone, string> = {
  not: "text-failed",
  key: "text-ember",
  operator: "text-faint",
  value: "text-ink",
  word: "text-ink",
};

interface Props {
  /** The search that the address has. */
  readonly q: string;
  /** `done` when it was sent on purpose, and not by a pause in typing. */
  readonly onQuery: (q: string, done: boolean) => void;
  /** Characters of `q` before the place that was refused. */
  readonly wrongAt: number | undefined;
  readonly describedBy: string | undefined;
  /** Whose tags are suggested. */
  readonly list: JobList;
}

/** One search over everything, in the grammar of the API; sent with Enter, or when typing pauses. */
export function QueryBar({ q, onQuery, wrongAt, describedBy, list }: Props) {
  const [text, setText] = useState(q);
  const [seen, setSeen] = useState(q);
  const [caret, setCaret] = useState(q.length);
  const [open, setOpen] = useState(false);
  const input = useRef<HTMLInputElement>(null);
  const under = useRef<HTMLDivElement>(null);
  const known = useKnown(open, list);
  const suggestions = open ? suggest(text, caret, known) : [];

  // Back, forward and removed chips change the address, and with it what stands here.
  if (q !== seen) {
    setSeen(q);
    if (q !== text.trim()) setText(q);
  }
  const send = useEffectEvent((done: boolean) => {
    if (text.trim() !== q) onQuery(text.trim(), done);
  });
  const choosing = suggestions.length > 0;
  useEffect(() => {
    // What is half a value while others are offered is not yet what somebody looks for.
    if (choosing || text.trim() === q || !isComplete(text)) return;
    const timer = setTimeout(() => send(false), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [text, q, choosing]);
  useShortcut("query", () => input.current?.focus());

  function take({ text: next, caret: at }: Suggestion): void {
    setText(next);
    setCaret(at);
    requestAnimationFrame(() => input.current?.setSelectionRange(at, at));
  }

  return (
    <form
      aria-label="Search"
      className="relative min-w-0 flex-1"
      onSubmit={(event) => {
        event.preventDefault();
        setOpen(false);
        send(true);
      }}
    >
      <Autocomplete.Root
        items={suggestions}
        mode="none"
        filter={null}
        value={text}
        onValueChange={(next, { reason }) => {
          if (reason === "item-press") return;
          setText(next);
          setCaret(input.current?.selectionStart ?? next.length);
          setOpen(true);
        }}
        open={choosing}
        onOpenChange={(next, { reason }) => reason !== "item-press" && setOpen(next)}
        itemToStringValue={(it: Suggestion) => it.text}
      >
        <div className="relative flex h-9 items-center rounded-md border border-edge bg-raised focus-within:outline-2 focus-within:outline-ember">
          <Search aria-hidden className="ml-2.5 size-4 shrink-0 text-faint" strokeWidth={1.75} />
          <div className="relative h-full min-w-0 flex-1">
            <div
              ref={under}
              aria-hidden
              className="figures pointer-events-none absolute inset-0 flex items-center overflow-hidden whitespace-pre px-2 forced-colors:hidden"
            >
              <Toned text={text} wrongAt={text.trim() === q ? wrongAt : undefined} />
            </div>
            <Autocomplete.Input
              ref={input}
              aria-label="Search jobs"
              aria-describedby={describedBy}
              aria-invalid={wrongAt !== undefined}
              placeholder="status:failed type:email error:&quot;timed out&quot; created>-2h"
              autoComplete="off"
              autoCapitalize="off"
              spellCheck={false}
              enterKeyHint="search"
              onSelect={() => setCaret(input.current?.selectionStart ?? 0)}
              onScroll={() => under.current?.scrollTo({ left: input.current?.scrollLeft ?? 0 })}
              onKeyDown={(event) => {
                if (event.key !== "Escape" || choosing) return;
                event.preventBaseUIHandler(); // which would empty the search
                input.current?.blur();
              }}
              className="figures absolute inset-0 w-full bg-transparent px-2 text-transparent caret-ink outline-none placeholder:text-faint forced-colors:text-[CanvasText]"
            />
          </div>
          {text === "" ? (
            <span className="mr-2 max-md:hidden">
              <Kbd keys={printed("query")} />
            </span>
          ) : (
            <button
              type="button"
              aria-label="Clear the search"
              title="Clear the search"
              onClick={() => {
                setText("");
                onQuery("", true);
                input.current?.focus();
              }}
              className="mr-1 grid size-7 cursor-pointer place-items-center rounded text-faint hover:bg-hover hover:text-ink"
            >
              <X aria-hidden className="size-4" strokeWidth={1.75} />
            </button>
          )}
        </div>
        <Autocomplete.Portal>
          <Autocomplete.Positioner align="start" sideOffset={4} className="z-50">
            <Autocomplete.Popup className="max-h-80 w-(--anchor-width) max-w-120 overflow-auto rounded-lg border border-hairline bg-raised p-1 shadow-float outline-none">
              <Autocomplete.List>
                {(it: Suggestion) => (
                  <Autocomplete.Item
                    key={it.label}
                    value={it}
                    onClick={() => take(it)}
                    className="flex h-8 cursor-pointer items-center gap-3 rounded-md px-2.5 data-highlighted:bg-hover"
                  >
                    <span className="figures">{it.label}</span>
                    <span className="truncate text-faint text-sm">{it.note}</span>
                  </Autocomplete.Item>
                )}
              </Autocomplete.List>
            </Autocomplete.Popup>
          </Autocomplete.Positioner>
        </Autocomplete.Portal>
      </Autocomplete.Root>
    </form>
  );
}

/** The words of the search as they lie under the field, coloured by what they are. */
function Toned({ text, wrongAt }: { text: string; wrongAt: number | undefined }) {
  let at = 0;
  return toned(text).map(({ text: piece, tone }) => {
    const from = at;
    at += piece.length;
    const wrong = wrongAt !== undefined && wrongAt >= from && wrongAt < at;
    const line = wrong
      ? "underline decoration-2 decoration-failed decoration-wavy underline-offset-3"
      : "";
    return (
      <span key={from} className={`${tone ? TONES[tone] : ""} ${line}`}>
        {piece}
      </span>
    );
  });
}
