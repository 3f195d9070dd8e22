import { useVirtualizer } from "@tanstack/react-virtual";
import { ChevronsDownUp, ChevronsUpDown, Download } from "lucide-react";
import { type KeyboardEvent, useMemo, useRef, useState } from "react";
import { download } from "~/lib/download.ts";
import { bytes } from "~/lib/format.ts";
import { Button } from "~/ui/button.tsx";
import { Copy } from "~/ui/copy.tsx";
import { FindBox } from "~/ui/find-box.tsx";
import { JsonRow } from "~/ui/json-row.tsx";
import {
  above,
  allOpen,
  copied,
  firstOpen,
  found,
  isBranch,
  type TreeRow,
  treeRows,
} from "~/ui/json-tree.ts";

interface Props {
  readonly value: unknown;
  /** What it is: "Payload". Names the tree, and the file when it is saved. */
  readonly label: string;
}

const FIRST_ROWS = 80;
/** Characters; beyond them a file serves better than a page. */
const MOST = 1_000_000;
const ROW = 24;

/** A JSON value to look at: exact, searchable, and as quick with a megabyte as with a line. */
export function JsonView({ value, label }: Props) {
  const text = useMemo(() => copied(value) ?? "null", [value]);
  const [anyway, setAnyway] = useState(false);
  const save = () => download(text, `${label.toLowerCase()}.json`, "application/json");
  if (text.length > MOST && !anyway) {
    return (
      <div className="flex flex-col items-start gap-3 py-2">
        <p className="text-soft">
          {label} is {bytes(text.length)} long: more than a page shows well.
        </p>
        <div className="flex gap-2">
          <Button onClick={save}>
            <Download aria-hidden className="size-4" strokeWidth={1.75} />
            Download
          </Button>
          <Button kind="quiet" onClick={() => setAnyway(true)}>
            Show it here
          </Button>
        </div>
      </div>
    );
  }
  return <Tree value={value} label={label} text={text} onSave={save} />;
}

function Tree({ value, label, text, onSave }: Props & { text: string; onSave: () => void }) {
  const [open, setOpen] = useState(() => firstOpen(value, FIRST_ROWS));
  const [needle, setNeedle] = useState("");
  const [step, setStep] = useState(0);
  const rows = useMemo(() => treeRows(value, open), [value, open]);
  const hits = useMemo(() => found(value, needle), [value, needle]);
  const [at, setAt] = useState("");
  const frame = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => frame.current,
    estimateSize: () => ROW,
    getItemKey: (index) => rows[index]?.pointer ?? index,
    overscan: 12,
  });

  function toggle(pointer: string): void {
    const next = new Set(open);
    if (!next.delete(pointer)) next.add(pointer);
    setOpen(next);
  }

  /** Opens what stands above a place and brings it into sight. */
  function show(pointer: string | undefined): void {
    if (pointer === undefined) return;
    const next = new Set([...open, ...above(pointer)]);
    setOpen(next);
    setAt(pointer);
    const index = treeRows(value, next).findIndex((it) => it.pointer === pointer);
    requestAnimationFrame(() => virtual.scrollToIndex(index, { align: "auto" }));
  }

  function find(next: string): void {
    setNeedle(next);
    setStep(0);
    show(found(value, next, 1)[0]);
  }

  function go(to: number): void {
    const next = (to + hits.length) % hits.length;
    setStep(next);
    show(hits[next]);
  }

  function move(index: number): void {
    const row = rows[Math.min(Math.max(index, 0), rows.length - 1)];
    if (!row) return;
    setAt(row.pointer);
    virtual.scrollToIndex(rows.indexOf(row), { align: "auto" });
    requestAnimationFrame(() =>
      frame.current?.querySelector<HTMLElement>(`[data-index="${rows.indexOf(row)}"]`)?.focus(),
    );
  }

  function press(event: KeyboardEvent): void {
    if (!(event.target instanceof HTMLElement) || event.target.role !== "treeitem") return;
    const index = rows.findIndex((it) => it.pointer === at);
    const act = deed(event.key, rows, Math.max(index, 0));
    if (!act) return;
    event.preventDefault();
    if ("toggle" in act) toggle(act.toggle);
    else move(act.to);
  }

  const closable = isBranch(value) && rows.length > 1;
  const current = rows.some((it) => it.pointer === at) ? at : "";
  return (
    <div className="flex min-w-0 flex-col gap-2">
      <div className="flex flex-wrap items-center gap-1">
        {isBranch(value) && (
          <FindBox
            label={`Find in ${label.toLowerCase()}`}
            needle={needle}
            onNeedle={find}
            hits={hits.length}
            step={step}
            onStep={go}
          />
        )}
        <span className="ml-auto" />
        {closable && (
          <>
            <Button kind="quiet" label="Open all" onClick={() => setOpen(allOpen(value))}>
              <ChevronsUpDown aria-hidden className="size-4" strokeWidth={1.75} />
            </Button>
            <Button kind="quiet" label="Close all" onClick={() => setOpen(new Set([""]))}>
              <ChevronsDownUp aria-hidden className="size-4" strokeWidth={1.75} />
            </Button>
          </>
        )}
        <Button kind="quiet" label={`Download ${label.toLowerCase()}`} onClick={onSave}>
          <Download aria-hidden className="size-4" strokeWidth={1.75} />
        </Button>
        <Copy text={text} what={label.toLowerCase()}>
          Copy
        </Copy>
      </div>
      <div ref={frame} className="figures max-h-[70dvh] overflow-auto">
        <div
          role="tree"
          aria-label={label}
          tabIndex={-1}
          onKeyDown={press}
          className="relative w-full"
          style={{ height: virtual.getTotalSize() }}
        >
          {virtual.getVirtualItems().map(({ index, start, key }) => {
            const row = rows[index];
            return (
              row && (
                <JsonRow
                  key={key}
                  ref={virtual.measureElement}
                  index={index}
                  start={start}
                  row={row}
                  needle={needle}
                  isCurrent={row.pointer === current}
                  isHit={needle !== "" && row.pointer === hits[step]}
                  onToggle={() => toggle(row.pointer)}
                  onFocus={() => setAt(row.pointer)}
                />
              )
            );
          })}
        </div>
      </div>
    </div>
  );
}

type Deed = { readonly to: number } | { readonly toggle: string };

/** What a key does in a tree (WAI-ARIA authoring practices, tree view). */
function deed(key: string, rows: readonly TreeRow[], at: number): Deed | undefined {
  const row = rows[at];
  if (!row) return undefined;
  const { branch, pointer, keys } = row;
  switch (key) {
    case "ArrowDown":
      return { to: at + 1 };
    case "ArrowUp":
      return { to: at - 1 };
    case "Home":
      return { to: 0 };
    case "End":
      return { to: rows.length - 1 };
    case "Enter":
    case " ":
      return branch && branch.size > 0 ? { toggle: pointer } : undefined;
    case "ArrowRight":
      if (!branch?.size) return undefined;
      return branch.open ? { to: at + 1 } : { toggle: pointer };
    case "ArrowLeft":
      if (branch?.open) return { toggle: pointer };
      return { to: rows.findLastIndex((it, n) => n < at && it.keys.length < keys.length) };
    default:
      return undefined;
  }
}
