import type { JobItem } from "~/api/schema.ts";
import { newestFirst, type Row } from "~/jobs/list-shape.ts";

/** Rows by their id, and who looks at each of them. */
export class Rows {
  readonly #rows = new Map<string, Row>();
  readonly #listeners = new Map<string, Set<() => void>>();

  get(id: string): Row | undefined {
    return this.#rows.get(id);
  }

  has(id: string): boolean {
    return this.#rows.has(id);
  }

  onRow(id: string, listener: () => void): () => void {
    const listeners = this.#listeners.get(id) ?? new Set();
    this.#listeners.set(id, listeners.add(listener));
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0) this.#listeners.delete(id);
    };
  }

  put(row: Row): void {
    this.#rows.set(row.item.id, row);
    this.#tell(row.item.id);
  }

  /** Only these are left. */
  replace(items: readonly JobItem[]): void {
    const before = [...this.#rows.keys()];
    this.#rows.clear();
    for (const item of items) this.#rows.set(item.id, { item });
    for (const id of before) this.#tell(id);
  }

  dropMarked(): void {
    for (const [id, { mark }] of this.#rows) if (mark) this.#rows.delete(id);
  }

  /** The jobs of these ids, newest first; those that are not here are left out. */
  items(ids: ReadonlySet<string>): readonly JobItem[] {
    return [...ids]
      .flatMap((id) => this.#rows.get(id)?.item ?? [])
      .sort((a, b) => newestFirst(a.id, b.id));
  }

  /** The tags of all of them, in order. */
  tags(): readonly string[] {
    return [...new Set([...this.#rows.values()].flatMap((it) => it.item.tags))].sort();
  }

  #tell(id: string): void {
    for (const listener of this.#listeners.get(id) ?? []) listener();
  }
}
