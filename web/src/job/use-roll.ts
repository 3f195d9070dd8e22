import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useRef, useState } from "react";
import type { LogRow } from "~/job/log-rows.ts";

const ROW = 24;
/** Pixels from the end that still count as the end. */
const NEAR = 40;

/** Scrolling: to the end as long as one follows it, and never away from what one reads. */
export function useRoll(rows: readonly LogRow[], line: number | undefined, live: boolean) {
  const frame = useRef<HTMLDivElement>(null);
  const [follows, setFollows] = useState(live);
  const [held, setHeld] = useState(line);
  const before = useRef(0);
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => frame.current,
    estimateSize: () => ROW,
    getItemKey: (index) => {
      const row = rows[index];
      return row?.kind === "line" ? row.line.seq : `hole ${row?.from} ${row?.to}`;
    },
    overscan: 10,
  });

  useEffect(() => {
    if (follows && rows.length > 0) virtual.scrollToIndex(rows.length - 1, { align: "end" });
  }, [follows, rows.length, virtual]);
  useEffect(() => {
    if (held === undefined) return;
    const index = rows.findIndex((it) => it.kind === "line" && it.line.seq === held);
    if (index < 0) return;
    frame.current?.scrollIntoView({ block: "nearest" });
    virtual.scrollToIndex(index, { align: "center" });
    setHeld(undefined);
  }, [held, rows, virtual]);

  return {
    frame,
    virtual,
    follows,
    onScroll: () => {
      const { scrollTop = 0, scrollHeight = 0, clientHeight = 0 } = frame.current ?? {};
      const atEnd = scrollHeight - scrollTop - clientHeight < NEAR;
      if (scrollTop < before.current && !atEnd) setFollows(false);
      else if (atEnd) setFollows(true);
      before.current = scrollTop;
    },
    show: (index: number | undefined) => {
      if (index === undefined) return;
      setFollows(false);
      virtual.scrollToIndex(index, { align: "center" });
    },
    /** Keeps a line in sight while lines come in above it. */
    hold: (seq: number | undefined) => {
      setFollows(false);
      setHeld(seq);
    },
    toEnd: () => {
      setFollows(true);
      virtual.scrollToIndex(rows.length - 1, { align: "end" });
    },
  };
}
