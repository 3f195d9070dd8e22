/**
 * The jobs of one list as they stand: read page by page, and kept true by what is told. It lives
 * outside React, which hears of one row or of the list's shape, so that a thousand changes a second
 * cost what they show.
 *
 * Rows are in the order of their ids, which is that of their creation, newest first. Nothing that
 * is told moves a row: what is new is held until it is asked for, and what no longer belongs stays
 * where it is, marked, until the next reading.
 */
import type { JobItem, JobPage, ToldFrame } from "~/api/schema.ts";
import {
  asError,
  asItem,
  newestFirst,
  type Reading,
  type Shape,
  UNREAD,
} from "~/jobs/list-shape.ts";
import { Rows } from "~/jobs/rows.ts";
import { freshKey } from "~/lib/fresh-key.ts";
import { sortOut } from "~/live/apply.ts";

export const PAGE = 100;
const MOST_FRESH = 1_000;
/** Rows that come at once are news to be asked for: nobody reads as fast as they would move. */
const MOST_AT_ONCE = 20;
/** Rows at the top after which the list is read anew, so that it does not grow all day. */
const MOST_INSERTED = 5 * PAGE;
/** Pages in a row that bring nothing, after which the search back asks whether to go on. */
const PATIENCE = 8;
/** Changes a second above which cells no longer show that they changed. */
const CALM = 20;

interface Slice {
  readonly cursor: string | undefined;
  readonly ids: readonly string[];
  stale: boolean;
}

export class JobList {
  /** Tells lists apart. */
  readonly key = freshKey();
  /** Where it was scrolled to, for who comes back. */
  offset = 0;
  readonly #reading: Reading;
  readonly rows = new Rows();
  readonly #fresh = new Map<string, JobItem>();
  readonly #shapeListeners = new Set<() => void>();
  #slices: Slice[] = [];
  #next: string | null | undefined;
  #empty = 0;
  #abort = new AbortController();
  #tally = { second: 0, changes: 0 };
  #shape: Shape = UNREAD;

  constructor(reading: Reading) {
    this.#reading = reading;
  }

  readonly shape = (): Shape => this.#shape;

  readonly onShape = (listener: () => void): (() => void) => {
    this.#shapeListeners.add(listener);
    return () => this.#shapeListeners.delete(listener);
  };

  /** Whether so little changes that a change may be shown as one. */
  isCalm(now: number): boolean {
    return Math.floor(now / 1000) - this.#tally.second > 1 || this.#tally.changes <= CALM;
  }

  /** Reads the newest page, in place of everything that is here. */
  async restart(): Promise<void> {
    this.#abort.abort();
    this.#abort = new AbortController();
    const { signal } = this.#abort;
    if (this.#shape.state !== "ready") this.#change({ state: "reading" });
    try {
      const page = await this.#reading.read(undefined, PAGE, signal);
      if (signal.aborted) return;
      this.#fill(page);
    } catch (cause) {
      const state = this.#shape.state === "ready" ? "ready" : "failed";
      if (!signal.aborted) this.#change({ state, error: asError(cause) });
    }
  }

  /** Reads the page after the last, unless that is under way. */
  async extend(limit = PAGE): Promise<void> {
    const { state, more } = this.#shape;
    if (state !== "ready" || more === "no" || more === "reading") return;
    const { signal } = this.#abort;
    this.#change({ more: "reading" }, ["error"]);
    try {
      const cursor = this.#next ?? undefined;
      const page = await this.#reading.read(cursor, limit, signal);
      if (signal.aborted) return;
      this.#append(page, cursor);
    } catch (cause) {
      if (!signal.aborted) this.#change({ more: "yes", error: asError(cause) });
    }
  }

  /** What is shown may have changed unheard: each page is read again when it is looked at. */
  doubt(): number {
    for (const slice of this.#slices) slice.stale = true;
    this.#change({ doubtful: this.#shape.state === "ready" });
    return Date.now();
  }

  /** Reads the doubted pages again that hold these rows. Rows keep their places. */
  async ensure(from: number, to: number): Promise<void> {
    let at = 0;
    for (const slice of this.#slices) {
      const end = at + slice.ids.length;
      if (slice.stale && at <= to && end >= from) {
        slice.stale = false;
        await this.#reread(slice);
      }
      at = end;
    }
  }

  /** Looks at the newest page for jobs that only the server could tell of. */
  async peek(): Promise<void> {
    const { signal } = this.#abort;
    this.#change({ doubtful: false });
    const page = await this.#reading.read(undefined, PAGE, signal).catch(() => undefined);
    if (page && !signal.aborted) this.#welcome(page.items);
  }

  /** Shows what is new, and takes away what is marked. */
  async showFresh(): Promise<void> {
    if (this.#shape.freshAtLeast || this.#fresh.size > PAGE) return this.restart();
    this.rows.dropMarked();
    this.#slices = this.#slices.map((it) => ({
      ...it,
      ids: it.ids.filter((id) => this.rows.has(id)),
    }));
    this.#insert();
  }

  hear(frames: readonly ToldFrame[]): void {
    const told = sortOut(frames, (id) => this.rows.get(id)?.item ?? this.#fresh.get(id));
    let news = false;
    for (const [id, item] of told.changed) news = this.#update(item, this.#fresh.has(id)) || news;
    for (const id of told.deleted) news = this.#strike(id) || news;
    const born = [...told.others.values()]
      .map(({ job, version }) => ({ item: asItem(job), version }))
      .filter(({ item }) => this.#isInReach(item.id));
    const doubtful = born.some(
      ({ item, version }) => version === 1 && this.#reading.judge(item) === undefined,
    );
    const joined = born.filter(({ item }) => this.#reading.judge(item) === true);
    this.#count(told.changed.size);
    if (news || doubtful || joined.length > 0) {
      this.#welcome(
        joined.map((it) => it.item),
        doubtful,
      );
    }
  }

  close(): void {
    this.#abort.abort();
    this.#abort = new AbortController();
    if (this.#shape.more === "reading") this.#change({ more: "yes" });
  }

  #fill(page: JobPage): void {
    this.#fresh.clear();
    this.rows.replace(page.items);
    this.#slices = [{ cursor: undefined, ids: page.items.map((it) => it.id), stale: false }];
    this.#next = page.next_cursor;
    this.#empty = 0;
    this.offset = 0;
    this.#reshape({ state: "ready", more: page.next_cursor === null ? "no" : "yes" });
  }

  #append(page: JobPage, cursor: string | undefined): void {
    const items = page.items.filter((it) => !this.rows.has(it.id));
    for (const item of items) this.rows.put({ item });
    this.#slices.push({ cursor, ids: items.map((it) => it.id), stale: false });
    this.#next = page.next_cursor;
    this.#empty = items.length === 0 ? this.#empty + 1 : 0;
    const tired = this.#empty > 0 && this.#empty % PATIENCE === 0;
    this.#reshape({ more: page.next_cursor === null ? "no" : tired ? "tired" : "yes" });
  }

  async #reread(slice: Slice): Promise<void> {
    const { signal } = this.#abort;
    const page = await this.#reading.read(slice.cursor, 2 * PAGE, signal).catch(() => undefined);
    if (!page || signal.aborted) {
      slice.stale = page === undefined;
      return;
    }
    this.#compare(slice.ids, page);
    const end = slice.ids.at(-1) ?? "";
    const isFirst = slice.cursor === undefined;
    this.#welcome(
      page.items.filter((it) => it.id > end),
      this.#shape.doubtful && !isFirst,
    );
  }

  /** Rows become what an answer says; those that it leaves out are marked. */
  #compare(ids: readonly string[], page: JobPage): void {
    const found = new Map(page.items.map((it) => [it.id, it]));
    const last = page.next_cursor === null ? "" : (page.items.at(-1)?.id ?? "");
    for (const id of ids) {
      const row = this.rows.get(id);
      const item = found.get(id);
      if (!row) continue;
      if (item && item.version >= row.item.version) this.rows.put({ item });
      if (!item && !row.mark && id >= last) this.rows.put({ ...row, mark: "out" });
    }
  }

  /** Whether it is news to the list that a job was changed. */
  #update(item: JobItem, isFresh: boolean): boolean {
    const belongs = this.#reading.judge(item);
    if (isFresh) {
      if (belongs === false) this.#fresh.delete(item.id);
      else this.#fresh.set(item.id, item);
      return belongs === false;
    }
    this.rows.put(belongs === false ? { item, mark: "out" } : { item });
    return false;
  }

  #strike(id: string): boolean {
    const row = this.rows.get(id);
    if (row) this.rows.put({ ...row, mark: "gone" });
    return this.#fresh.delete(id);
  }

  /** Older jobs stand on pages that nobody has looked at. */
  #isInReach(id: string): boolean {
    return this.#shape.more === "no" || id > (this.#shape.ids.at(-1) ?? "");
  }

  #welcome(items: readonly JobItem[], doubtful = this.#shape.doubtful): void {
    let more = this.#shape.freshAtLeast;
    let came = 0;
    for (const item of items) {
      if (this.rows.has(item.id) || this.#fresh.has(item.id)) continue;
      came += 1;
      if (this.#fresh.size < MOST_FRESH) this.#fresh.set(item.id, item);
      else more = true;
    }
    this.#change({ fresh: this.#fresh.size, freshAtLeast: more, doubtful });
    const few = came <= MOST_AT_ONCE && this.#fresh.size <= MOST_AT_ONCE && !more;
    if (this.#fresh.size > 0 && few && this.#reading.mayInsert()) this.#insert();
  }

  #insert(): void {
    const [first = { cursor: undefined, ids: [], stale: false }, ...rest] = this.#slices;
    const ids = new Map<Slice, string[]>();
    for (const item of this.#fresh.values()) {
      this.rows.put({ item });
      const home = this.#slices.find((it) => (it.ids.at(-1) ?? "") < item.id) ?? first;
      ids.set(home, [...(ids.get(home) ?? []), item.id]);
    }
    this.#fresh.clear();
    this.#slices = [first, ...rest].map((slice) => {
      const more = ids.get(slice);
      return more ? { ...slice, ids: [...slice.ids, ...more].sort(newestFirst) } : slice;
    });
    this.#reshape({});
    if ((this.#slices[0]?.ids.length ?? 0) > MOST_INSERTED) void this.restart();
  }

  #reshape(more: Partial<Shape>): void {
    const ids = this.#slices.flatMap((it) => it.ids);
    const change = { ...more, ids, fresh: this.#fresh.size };
    this.#change({ freshAtLeast: false, doubtful: false, ...change }, ["error"]);
  }

  #count(changes: number): void {
    const second = Math.floor(Date.now() / 1000);
    if (second !== this.#tally.second) this.#tally = { second, changes: 0 };
    this.#tally.changes += changes;
  }

  #change(change: Partial<Shape>, without: readonly "error"[] = []): void {
    const { error, ...rest } = { ...this.#shape, ...change };
    this.#shape = error && !without.includes("error") ? { ...rest, error } : rest;
    for (const listener of this.#shapeListeners) listener();
  }
}
