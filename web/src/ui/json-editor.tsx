import { useRef } from "react";

interface Props {
  readonly id?: string;
  readonly label: string;
  readonly text: string;
  readonly onText: (text: string) => void;
  /** The line that is at fault, from 1. */
  readonly faultLine?: number | undefined;
  readonly invalid?: boolean;
  readonly describedBy?: string | undefined;
  /** Lines shown without scrolling. */
  readonly rows?: number;
}

const LINE = 20;

/** JSON as text, with the numbers of its lines. */
export function JsonEditor({
  id,
  label,
  text,
  onText,
  faultLine,
  invalid = false,
  describedBy,
  rows = 16,
}: Props) {
  const gutter = useRef<HTMLDivElement>(null);
  const lines = text.split("\n").length;
  return (
    <div
      className="flex max-h-[70vh] overflow-hidden rounded-md border border-edge bg-raised has-aria-invalid:border-failed has-focus-visible:outline-2 has-focus-visible:outline-ember"
      style={{ height: Math.max(rows, 3) * LINE + 16 }}
    >
      <div
        aria-hidden
        className="figures shrink-0 select-none overflow-hidden border-hairline border-r bg-sunken px-2 text-right text-faint"
      >
        <div ref={gutter} className="relative whitespace-pre py-2 leading-5">
          {faultLine !== undefined && (
            <span
              className="-inset-x-2 absolute bg-failed/15"
              style={{ top: 8 + (faultLine - 1) * LINE, height: LINE }}
            />
          )}
          {Array.from({ length: lines }, (_, place) => place + 1).join("\n")}
        </div>
      </div>
      <textarea
        id={id}
        aria-label={label}
        aria-invalid={invalid || undefined}
        aria-describedby={describedBy}
        value={text}
        wrap="off"
        spellCheck={false}
        autoComplete="off"
        autoCapitalize="off"
        onChange={(event) => onText(event.target.value)}
        onScroll={({ currentTarget }) => {
          if (gutter.current) {
            gutter.current.style.transform = `translateY(${-currentTarget.scrollTop}px)`;
          }
        }}
        className="figures min-w-0 flex-1 resize-none bg-transparent px-2.5 py-2 leading-5 outline-none"
      />
    </div>
  );
}
