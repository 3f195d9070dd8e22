import { ChevronRight, Link2 } from "lucide-react";
import { type Ref, useState } from "react";
import { isRawNumber } from "~/lib/exact-json.ts";
import { count } from "~/lib/format.ts";
import { Copy } from "~/ui/copy.tsx";
import {
  copied,
  gist,
  type Key,
  pathWords,
  type Scalar,
  scalarText,
  type TreeRow,
} from "~/ui/json-tree.ts";
import { Shown } from "~/ui/shown.tsx";

interface Props {
  readonly ref: Ref<HTMLDivElement>;
  readonly index: number;
  readonly start: number;
  readonly row: TreeRow;
  readonly needle: string;
  /** The one row that the Tab key reaches. */
  readonly isCurrent: boolean;
  readonly isHit: boolean;
  readonly onToggle: () => void;
  readonly onFocus: () => void;
}

/** Characters of a text that are shown before it is asked for. */
const CUT = 1_000;

export function JsonRow({ ref, index, start, row, needle, isCurrent, isHit, ...on }: Props) {
  const { branch, keys, value } = row;
  const name = keys.at(-1);
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the tree around it answers to the keys
    <div
      ref={ref}
      role="treeitem"
      data-index={index}
      aria-level={keys.length + 1}
      aria-expanded={branch && branch.size > 0 ? branch.open : undefined}
      aria-selected={isCurrent}
      tabIndex={isCurrent ? 0 : -1}
      onFocus={on.onFocus}
      onClick={branch && branch.size > 0 ? on.onToggle : undefined}
      style={{ transform: `translateY(${start}px)`, paddingLeft: `${keys.length * 16}px` }}
      className={`group absolute inset-x-0 top-0 flex min-h-6 items-start gap-1 -outline-offset-2 hover:bg-hover ${branch && branch.size > 0 ? "cursor-pointer" : ""} ${isHit ? "bg-ember-wash" : ""}`}
    >
      <span aria-hidden className="grid size-6 shrink-0 place-items-center text-faint">
        {branch && branch.size > 0 && (
          <ChevronRight
            className={`size-3.5 transition-transform duration-100 ${branch.open ? "rotate-90" : ""}`}
          />
        )}
      </span>
      <span className="min-w-0 flex-1 py-0.5 wrap-anywhere">
        <Name name={name} needle={needle} />
        {branch ? (
          <Gist row={row} size={branch.size} list={branch.list} open={branch.open} />
        ) : (
          <Value value={value as Scalar} needle={needle} />
        )}
      </span>
      <span className="sticky right-0 flex shrink-0 opacity-0 group-focus-within:opacity-100 group-hover:opacity-100 group-focus:opacity-100 [@media(hover:none)]:hidden">
        {keys.length > 0 && (
          <Copy text={pathWords(keys)} what={`the path ${pathWords(keys)}`} icon={Link2} />
        )}
        <Copy text={copied(value)} what="the value" />
      </span>
    </div>
  );
}

function Name({ name, needle }: { name: Key | undefined; needle: string }) {
  if (name === undefined) return null;
  if (typeof name === "number") return <span className="text-faint">{name}&ensp;</span>;
  return (
    <>
      <span className="text-soft">
        {name === "" ? (
          <span className="text-faint">""</span>
        ) : (
          <Shown text={name} needle={needle} />
        )}
      </span>
      <span className="text-faint">:&ensp;</span>
    </>
  );
}

function Gist({
  row,
  size,
  list,
  open,
}: {
  row: TreeRow;
  size: number;
  list: boolean;
  open: boolean;
}) {
  const [from, to] = list ? ["[", "]"] : ["{", "}"];
  const noun = list ? (size === 1 ? "item" : "items") : size === 1 ? "key" : "keys";
  if (size === 0) return <span className="text-faint">{`${from}${to}`}</span>;
  return (
    <span className="text-faint">
      {!open && (
        <>
          {from} <Shown text={gist(row.value)} /> {to}{" "}
        </>
      )}
      <span className="font-sans text-sm">
        {count(size)} {noun}
      </span>
    </span>
  );
}

function Value({ value, needle }: { value: Scalar; needle: string }) {
  const [whole, setWhole] = useState(false);
  if (typeof value !== "string") {
    const tone =
      value === null
        ? "text-faint"
        : typeof value === "boolean"
          ? "text-scheduled"
          : "text-running";
    const exact = isRawNumber(value) ? "With every digit, as it was written" : undefined;
    return (
      <span className={tone} title={exact}>
        <Shown text={scalarText(value)} needle={needle} />
      </span>
    );
  }
  const cut = !whole && value.length > CUT;
  return (
    <span>
      "<Shown text={cut ? value.slice(0, CUT) : value} needle={needle} />
      {cut ? "…" : '"'}
      {cut && (
        <button
          type="button"
          onClick={() => setWhole(true)}
          className="ml-2 cursor-pointer font-sans text-ember underline"
        >
          Show all {count(value.length)} characters
        </button>
      )}
    </span>
  );
}
