/**
 * The one live connection of a tab, whatever carries it: resumed from the last cursor, opened anew
 * after a pause, moved to another way where one does not open. No React, and no knowledge of what
 * events mean.
 */
import type { LiveFrame } from "~/api/schema.ts";
import { afterEnd, type Course, type End, opened, START, type Way } from "~/live/course.ts";
import type { Dial, Line, Wish } from "~/live/line.ts";
import { ServerClock } from "~/live/server-clock.ts";

const LOOK_MS = 5_000;
const PING_MS = 20_000;
const SILENCE_MS = 45_000;
/** A line that looked open before a sleep has so long to prove it. */
const PROOF_MS = 3_000;
/** Milliseconds between batches: a person reads no faster; and where nobody looks. */
const BATCH_MS = 250;
const SLOW_BATCH_MS = 10_000;
const POLL_MS = 10_000;
/** Between tries to get back from events to the socket. */
const CLIMB_MS = { first: 60_000, most: 600_000 };

export type Connection =
  | { readonly state: "connecting" }
  | { readonly state: "live"; readonly way: Way }
  | { readonly state: "waiting"; readonly until: number; readonly failures: number }
  /** No way opens, so the page reads again every ten seconds. */
  | { readonly state: "polling" }
  /** This person may not follow. */
  | { readonly state: "forbidden" };

export interface Wiring {
  onFrame: (frame: LiveFrame) => void;
  /** Frames were missed for good: read everything again. */
  onGap: () => void;
  /** The first line is open: what was read before may have changed unheard. */
  onFirst: () => void;
  onPoll: () => void;
  onState: (connection: Connection) => void;
}

export class LiveSocket {
  readonly #wiring: Wiring;
  readonly #dials: Readonly<Record<Way, Dial>>;
  readonly clock = new ServerClock();
  #line: Line | undefined;
  #isOpen = false;
  #openedAt = 0;
  /** The try to get back to the socket, while events still carry. */
  #climber: Line | undefined;
  #climbMs = CLIMB_MS.first;
  #climbAt = Number.POSITIVE_INFINITY;
  #course: Course = START;
  #cursor: string | undefined;
  #heardAt = 0;
  #askedAt = 0;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #look: ReturnType<typeof setInterval> | undefined;
  #poll: ReturnType<typeof setInterval> | undefined;
  #wish: Wish = { logs: [], batch: BATCH_MS };
  #isSlow = false;
  #isClosed = true;

  constructor(wiring: Wiring, dials: Readonly<Record<Way, Dial>>) {
    this.#wiring = wiring;
    this.#dials = dials;
  }

  open(): void {
    if (!this.#isClosed) return;
    this.#isClosed = false;
    this.#look = setInterval(() => this.#examine(), LOOK_MS);
    this.#connect();
  }

  close(): void {
    this.#isClosed = true;
    this.#hangUp();
    clearTimeout(this.#retry);
    clearInterval(this.#look);
    this.#stopPolling();
  }

  /** When something last came, by this clock. */
  get heardAt(): number {
    return this.#heardAt;
  }

  /** Jobs whose log lines and streamed text are to come, beside everything else. */
  watch(jobs: readonly string[], batch = BATCH_MS): void {
    this.#wish = { logs: jobs, batch };
    this.#line?.want(this.#wanted());
  }

  /** Nobody looks, so a batch now and then will do; or somebody does again. */
  slow(isSlow: boolean): void {
    if (isSlow === this.#isSlow) return;
    this.#isSlow = isSlow;
    this.#line?.want(this.#wanted());
  }

  /** The network is back, or the page is looked at again: do not wait for a pause to end. */
  hasten(): void {
    if (this.#isClosed) return;
    if (!this.#line) this.#connect();
    else if (this.#isOpen) this.#demandProof();
  }

  #wanted(): Wish {
    return this.#isSlow ? { ...this.#wish, batch: SLOW_BATCH_MS } : this.#wish;
  }

  #connect(): void {
    clearTimeout(this.#retry);
    this.#isOpen = false;
    if (!this.#course.polling) this.#wiring.onState({ state: "connecting" });
    this.#line = this.#dial(this.#course.way);
  }

  #dial(way: Way): Line {
    const line: Line = this.#dials[way](this.#cursor, this.#wanted(), {
      onFrame: (frame) => this.#hear(line, frame),
      onBeat: () => this.#beat(line),
      onEnd: (end) => this.#ended(line, end),
    });
    return line;
  }

  #hear(line: Line, frame: LiveFrame): void {
    if (frame.event === "connected") this.#opened(line);
    if (line !== this.#line) return;
    this.#beat(line);
    if (frame.event === "pong" && "at" in frame) this.clock.answered(String(frame.at), Date.now());
    if ("id" in frame) this.#cursor = String(frame.id);
    if (frame.event === "resync") this.#wiring.onGap();
    else this.#wiring.onFrame(frame);
  }

  #beat(line: Line): void {
    if (line === this.#line) this.#heardAt = Date.now();
  }

  #opened(line: Line): void {
    if (line === this.#climber) {
      this.#climber = undefined;
      this.#line?.close();
      this.#line = line;
    }
    if (line !== this.#line) return;
    this.#stopPolling();
    this.#isOpen = true;
    this.#openedAt = Date.now();
    this.#course = opened(line.way);
    if (line.way === "socket") this.#climbMs = CLIMB_MS.first;
    this.#climbAt = line.way === "socket" ? Number.POSITIVE_INFINITY : Date.now() + this.#climbMs;
    this.#ping();
    this.#wiring.onState({ state: "live", way: line.way });
    if (this.#cursor === undefined) this.#wiring.onFirst();
  }

  #ended(line: Line, end: End): void {
    if (line === this.#climber) {
      this.#climber = undefined;
      this.#climbMs = Math.min(this.#climbMs * 2, CLIMB_MS.most);
      this.#climbAt = Date.now() + this.#climbMs;
    }
    if (line === this.#line && !this.#isClosed) this.#lost(end);
  }

  #lost(end: End): void {
    this.#hangUp();
    const [course, waitMs] = afterEnd(this.#course, end, Math.random());
    this.#course = course;
    if (course.polling) this.#startPolling();
    else this.#stopPolling();
    if (waitMs === Number.POSITIVE_INFINITY) {
      this.#wiring.onState({ state: "forbidden" });
      return;
    }
    this.#retry = setTimeout(() => this.#connect(), waitMs);
    if (course.polling) this.#wiring.onState({ state: "polling" });
    else if (waitMs > 0) {
      const { failures } = course;
      this.#wiring.onState({ state: "waiting", until: Date.now() + waitMs, failures });
    }
  }

  #hangUp(): void {
    this.#isOpen = false;
    this.#climber?.close();
    this.#climber = undefined;
    this.#line?.close();
    this.#line = undefined;
  }

  #ping(): void {
    this.#askedAt = Date.now();
    if (this.#line?.ping()) this.clock.asked(this.#askedAt);
  }

  #examine(): void {
    if (!this.#isOpen) return;
    const now = Date.now();
    // A machine that slept wakes with a line that looks open and is not.
    if (now - this.#heardAt > SILENCE_MS) this.#broken();
    else if (now - this.#askedAt >= PING_MS) this.#ping();
    if (now >= this.#climbAt && this.#isOpen && !this.#climber) {
      this.#climber = this.#dial("socket");
    }
  }

  #demandProof(): void {
    const askedAt = Date.now();
    if (askedAt - this.#heardAt < PROOF_MS) return;
    this.#ping();
    setTimeout(() => {
      if (this.#isOpen && this.#line?.way === "socket" && this.#heardAt < askedAt) this.#broken();
    }, PROOF_MS);
  }

  #broken(): void {
    this.#lost({ kind: "lost", lastedMs: Date.now() - this.#openedAt });
  }

  #startPolling(): void {
    if (this.#poll !== undefined) return;
    this.#wiring.onPoll();
    this.#poll = setInterval(() => this.#wiring.onPoll(), POLL_MS);
  }

  #stopPolling(): void {
    clearInterval(this.#poll);
    this.#poll = undefined;
  }
}
