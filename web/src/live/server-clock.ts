/** How the server's clock stands to this one, and so how old what is told is. Pure. */

/** Below this a difference is as likely the network's as the clock's. */
const TRUSTED_MS = 2_000;

export class ServerClock {
  #askedAt: number | undefined;
  #best = Number.POSITIVE_INFINITY;
  #lagMs: number | undefined;
  /** The latest moment that was told of. */
  #newest = Number.NEGATIVE_INFINITY;
  /** Milliseconds to add to this clock to have the server's. */
  offsetMs = 0;

  asked(now: number): void {
    this.#askedAt = now;
  }

  /** The server answered at `at`, by its clock; the quickest answer tells the difference best. */
  answered(at: string, now: number): void {
    if (this.#askedAt === undefined) return;
    const trip = now - this.#askedAt;
    this.#askedAt = undefined;
    if (this.#best === Number.POSITIVE_INFINITY) this.#newest = Date.parse(at) - TRUSTED_MS;
    this.#lagMs = trip / 2;
    if (trip > this.#best) return;
    this.#best = trip;
    this.offsetMs = Date.parse(at) - (now - trip / 2);
  }

  /**
   * Something was told that happened at `at`, by the server's clock. Old news that is told again
   * does not show how long news takes.
   */
  told(at: string, now: number): void {
    const happened = Date.parse(at);
    if (this.#best === Number.POSITIVE_INFINITY || happened <= this.#newest) return;
    this.#newest = happened;
    this.#lagMs = Math.max(0, now + this.offsetMs - happened);
  }

  /** How old the last thing told was when it came; undefined until the clocks are compared. */
  get lagMs(): number | undefined {
    return this.#lagMs;
  }

  /** What to correct this clock by: nothing, unless it is plainly wrong. */
  get correctionMs(): number {
    return Math.abs(this.offsetMs) < TRUSTED_MS ? 0 : this.offsetMs;
  }
}
