/** What the tab is told, on its way to the components: held back while the page is paused. Pure. */
import type { PulseFrame, ToldFrame } from "~/api/schema.ts";

export type Listener = (frames: readonly ToldFrame[]) => void;

/** More than this is quicker read anew than applied. */
export const MOST_HELD = 5_000;

export class Feed {
  readonly #listeners = new Set<Listener>();
  readonly #gaps = new Set<() => void>();
  readonly #pulses = new Set<(pulse: PulseFrame) => void>();
  #held: ToldFrame[] = [];
  #dropped = 0;
  #missed = false;
  #pulse: PulseFrame | undefined;
  #paused = false;

  hear(frames: readonly ToldFrame[]): void {
    if (frames.length === 0) return;
    if (this.#paused) this.#hold(frames);
    else for (const listener of this.#listeners) listener(frames);
  }

  /** How the installation stands; while paused, only the latest counts. */
  beat(pulse: PulseFrame): void {
    if (this.#paused) this.#pulse = pulse;
    else for (const listener of this.#pulses) listener(pulse);
  }

  pause(paused: boolean): void {
    this.#paused = paused;
    if (paused) return;
    const held = this.#held;
    const pulse = this.#pulse;
    const missed = this.#missed || this.#dropped > 0;
    this.#held = [];
    this.#dropped = 0;
    this.#missed = false;
    this.#pulse = undefined;
    if (pulse) this.beat(pulse);
    if (missed) this.heal();
    else this.hear(held);
  }

  /** Frames were missed: whoever shows something reads it again, once the page goes on. */
  heal(): void {
    if (this.#paused) this.#missed = true;
    else for (const listener of this.#gaps) listener();
  }

  onGap(listener: () => void): () => void {
    this.#gaps.add(listener);
    return () => this.#gaps.delete(listener);
  }

  onPulse(listener: (pulse: PulseFrame) => void): () => void {
    this.#pulses.add(listener);
    return () => this.#pulses.delete(listener);
  }

  listen(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Events that wait for the page to go on. */
  get waiting(): number {
    return this.#held.length + this.#dropped;
  }

  get isPaused(): boolean {
    return this.#paused;
  }

  #hold(frames: readonly ToldFrame[]): void {
    if (this.#dropped === 0 && this.#held.length + frames.length <= MOST_HELD) {
      this.#held.push(...frames);
      return;
    }
    this.#dropped += this.#held.length + frames.length;
    this.#held = [];
  }
}
