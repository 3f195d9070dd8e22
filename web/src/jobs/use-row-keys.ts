import {
  type KeyboardEvent,
  type MouseEvent,
  type RefObject,
  useEffect,
  useLayoutEffect,
  useRef,
} from "react";
import type { JobList } from "~/jobs/job-list.ts";
import type { Shape } from "~/jobs/list-shape.ts";
import { everyRow, extended, type Selection, toggled } from "~/jobs/selection.ts";
import { useShortcut } from "~/keys/keyboard.tsx";

/** Rows that Page Up and Page Down move by. */
const LEAP = 15;
/** Jobs to a page while somebody is on the way to the end. */
const CHASE = 200;

interface Rows {
  readonly list: JobList;
  readonly shape: Shape;
  readonly frame: RefObject<HTMLDivElement | null>;
  readonly selection: Selection;
  readonly onSelection: (selection: Selection) => void;
  readonly current: string | undefined;
  readonly onOpen: (id: string) => void;
  readonly active: string | undefined;
  readonly activeAt: number;
  readonly setActive: (id: string) => void;
  readonly scrollTo: (index: number, options: { align: "auto" }) => void;
}

/**
 * Moving through rows and choosing them, by key and by pointer. One row can be reached by Tab; the
 * others by the arrows. While a job stands open, `j` and `k` go from job to job.
 */
export function useRowKeys(rows: Rows) {
  const { list, shape, frame, selection, onSelection, current, onOpen, active, activeAt } = rows;
  const { ids } = shape;
  const focusing = useRef(false);
  const chasing = useRef(false);

  const isIn = () => frame.current?.contains(document.activeElement) ?? false;

  function goTo(index: number, extend = false): void {
    const to = Math.min(Math.max(index, 0), ids.length - 1);
    const id = ids[to];
    if (id === undefined) return;
    if (extend) reach(id);
    focusing.current = current === undefined || isIn();
    if (current !== undefined && !extend) onOpen(id);
    rows.setActive(id);
    rows.scrollTo(to, { align: "auto" });
    if (id === active) focusRow(frame.current, id);
  }

  function goToEnd(): void {
    chasing.current = shape.more === "yes" && !shape.error;
    if (chasing.current) void list.extend(CHASE);
    goTo(ids.length - 1);
  }

  // The row comes with the next picture; only then it can take the focus.
  useLayoutEffect(() => {
    if (!focusing.current || active === undefined) return;
    focusing.current = !focusRow(frame.current, active);
  });
  const length = useRef(ids.length);
  useEffect(() => {
    if (chasing.current && ids.length > length.current) goToEnd();
    length.current = ids.length;
  });
  // The focus comes back to the row of the panel that was closed.
  const open = useRef(current);
  useEffect(() => {
    const closed = open.current;
    open.current = current;
    if (closed !== undefined && current === undefined) focusRow(frame.current, closed);
  }, [current, frame]);

  const here = current === undefined ? activeAt : ids.indexOf(current);
  const step = (by: number) => goTo(current === undefined && !isIn() ? activeAt : here + by);
  useShortcut("down", () => step(1));
  useShortcut("up", () => step(-1));
  useShortcut("select", () => {
    const id = ids[here];
    if (id !== undefined) onSelection(toggled(selection, id, ids));
  });
  useShortcut("selectAll", () => onSelection(everyRow(selection, ids)));

  function onKeyDown(event: KeyboardEvent): void {
    chasing.current = false;
    if (event.ctrlKey || event.metaKey || event.altKey || !press(event)) return;
    event.preventDefault();
    event.stopPropagation();
  }

  /** Whether the key means something here. */
  function press({ key, shiftKey, target }: KeyboardEvent): boolean {
    const jump = jumpOf(key, activeAt, ids.length);
    const id = idOf(target);
    if (key === "End") goToEnd();
    else if (jump !== undefined) goTo(jump, shiftKey);
    else if (key === "Enter" && id) onOpen(id);
    else if (key === " " && id) onSelection(toggled(selection, id, ids));
    else return false;
    return true;
  }

  function onClick(event: MouseEvent): void {
    const hit = hitOf(event);
    if (!hit) return;
    const { id, box } = hit;
    if (!box) event.preventDefault();
    rows.setActive(id);
    focusRow(frame.current, id);
    if (event.shiftKey) reach(id);
    else if (box) onSelection(toggled(selection, id, ids));
    else onOpen(id);
  }

  function reach(id: string): void {
    const anchor = selection.anchor ?? active ?? id;
    onSelection(extended({ ...selection, anchor }, id, ids));
  }

  function onFocus(event: { target: EventTarget }): void {
    const id = idOf(event.target);
    if (id !== undefined && id !== active) rows.setActive(id);
  }
  return { onKeyDown, onClick, onFocus };
}

function jumpOf(key: string, at: number, count: number): number | undefined {
  switch (key) {
    case "ArrowDown":
      return at + 1;
    case "ArrowUp":
      return at - 1;
    case "PageDown":
      return at + LEAP;
    case "PageUp":
      return at - LEAP;
    case "Home":
      return 0;
    case "End":
      return count - 1;
    default:
      return undefined;
  }
}

/** Which row was pressed, and whether its box; undefined for what the browser does by itself. */
function hitOf({ target, metaKey, ctrlKey }: MouseEvent) {
  const id = idOf(target);
  const box = target instanceof Element && target.closest("label") !== null;
  // A label presses its box, which comes here a second time.
  const twice = box && !(target instanceof HTMLInputElement);
  return id === undefined || metaKey || ctrlKey || twice ? undefined : { id, box };
}

function idOf(target: EventTarget): string | undefined {
  return target instanceof Element
    ? target.closest<HTMLElement>("tr[data-id]")?.dataset.id
    : undefined;
}

/** Whether the row was there to take the focus. */
function focusRow(frame: HTMLElement | null, id: string): boolean {
  const row = frame?.querySelector<HTMLElement>(`tr[data-id="${CSS.escape(id)}"]`);
  row?.focus({ preventScroll: true });
  return row !== undefined && row !== null;
}
