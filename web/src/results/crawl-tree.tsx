import { ChevronRight, CircleCheck, CircleDashed, OctagonX, Undo2 } from "lucide-react";
import { useState } from "react";
import { count } from "~/lib/format.ts";
import type { CrawlNode } from "~/results/crawl-shape.ts";
import { Shown } from "~/ui/shown.tsx";

/** Folders that are open at first: a small site is seen whole. */
const FIRST_OPEN = 60;

/** Hosts, folders and pages, each page with what the server answered. */
export function CrawlTree({ tree }: { tree: readonly CrawlNode[] }) {
  if (tree.length === 0) return <p className="text-soft">No page was fetched.</p>;
  const small = tree.reduce((sum, it) => sum + it.pages, 0) <= FIRST_OPEN;
  return <Branch nodes={tree} depth={0} open={small} />;
}

interface BranchProps {
  readonly nodes: readonly CrawlNode[];
  readonly depth: number;
  readonly open: boolean;
}

function Branch({ nodes, depth, open }: BranchProps) {
  return (
    <ul className={depth > 0 ? "ml-2.5 border-hairline border-l pl-3" : ""}>
      {nodes.map((node) => (
        <Node key={node.name} node={node} depth={depth} open={open} />
      ))}
    </ul>
  );
}

function Node({ node, depth, open }: { node: CrawlNode; depth: number; open: boolean }) {
  const [isOpen, setOpen] = useState(open || depth === 0);
  const inner = node.children.length > 0;
  return (
    <li>
      <div className="flex min-h-7 items-center gap-2">
        {inner ? (
          <button
            type="button"
            aria-expanded={isOpen}
            aria-label={`${isOpen ? "Fold" : "Unfold"} ${node.name}`}
            onClick={() => setOpen(!isOpen)}
            className="grid size-6 shrink-0 cursor-pointer place-items-center rounded text-faint hover:bg-hover hover:text-ink"
          >
            <ChevronRight
              aria-hidden
              className={`size-3.5 transition-transform duration-100 ${isOpen ? "rotate-90" : ""}`}
            />
          </button>
        ) : (
          <span className="w-6 shrink-0" />
        )}
        <span className="figures min-w-0 truncate" title={node.url}>
          <Shown text={node.name} />
        </span>
        <Answer node={node} />
        {inner && <span className="figures text-faint">{count(node.pages)}</span>}
      </div>
      {inner && isOpen && <Branch nodes={node.children} depth={depth + 1} open={open} />}
    </li>
  );
}

/** What the server answered: by shape, number and colour. */
function Answer({ node: { url, status } }: { node: CrawlNode }) {
  if (url === undefined) return null;
  const [Icon, tone] = look(status);
  return (
    <span className={`figures inline-flex items-center gap-1 ${tone}`}>
      <Icon aria-hidden className="size-3.5" strokeWidth={2.25} />
      {status ?? "no answer"}
    </span>
  );
}

function look(status: number | undefined) {
  if (status === undefined) return [CircleDashed, "text-failed"] as const;
  if (status >= 400) return [OctagonX, "text-failed"] as const;
  return status >= 300
    ? ([Undo2, "text-retrying"] as const)
    : ([CircleCheck, "text-success"] as const);
}
