/**
 * The one live connection of a tab: opened with a ticket, resumed from the last cursor, opened anew
 * after a jittered pause. No React, and no knowledge of what frames mean.
 */
import type { LiveFrame } from "~/api/schema.ts";

const PING_MS = 20_000;
const SILENCE_MS = 45_000;
const BACKOFF_MS = { first: 500, most: 30_000 };
/** Milliseconds between batches: a person reads no faster. */
const BATCH_MS = 250;

export type Connection =
  | { readonly state: "connecting" }
  | { readonly state: "live" }
  | { readonly state: "waiting"; readonly until: number; readonly failures: number };

export interface Wiring {
  /** A one-use ticket; undefined when nobody is signed in. */
  ticket: () => Promise<string | undefined>;
  onFrames: (frames: readonly LiveFrame[]) => void;
  /** Frames were missed for good: read everything again. */
  onGap: () => void;
  onState: (connection: Connection) => void;
}

export class LiveSocket {
  readonly #wiring: Wiring;
  #socket: WebSocket | undefined;
  #cursor: string | undefined;
  #failures = 0;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #pulse: ReturnType<typeof setInterval> | undefined;
  #heardAt = 0;
  #wanted = "";
  #closed = true;

  constructor(wiring: Wiring) {
    this.#wiring = wiring;
  }

  open(): void {
    if (!this.#closed) return;
    this.#closed = false;
    void this.#connect();
  }

  close(): void {
    this.#closed = true;
    this.#drop();
    clearTimeout(this.#retry);
  }

  /** Jobs whose log lines and streamed text are to come, beside everything else. */
  watch(jobs: readonly string[], batch = BATCH_MS): void {
    this.#wanted = JSON.stringify({ event: "subscribe", logs: jobs, batch });
    this.#say(this.#wanted);
  }

  /** The network is back, or the page is looked at again: do not wait for the pause to end. */
  hasten(): void {
    if (this.#closed || this.#socket) return;
    clearTimeout(this.#retry);
    void this.#connect();
  }

  async #connect(): Promise<void> {
    this.#wiring.onState({ state: "connecting" });
    const ticket = await this.#wiring.ticket().catch(() => undefined);
    if (this.#closed || this.#socket) return;
    if (!ticket) return this.#later();
    const query = new URLSearchParams({ ticket, batch: String(BATCH_MS) });
    if (this.#cursor) query.set("since", this.#cursor);
    const address = new URL(`/ws?${query}`, window.location.href);
    address.protocol = address.protocol.replace("http", "ws");
    const socket = new WebSocket(address);
    this.#socket = socket;
    socket.onopen = () => this.#opened();
    socket.onmessage = (message) => this.#hear(String(message.data));
    socket.onclose = () => socket === this.#socket && this.#lost();
  }

  #opened(): void {
    this.#failures = 0;
    this.#heardAt = Date.now();
    this.#pulse = setInterval(() => this.#beat(), PING_MS);
    if (this.#wanted) this.#say(this.#wanted);
    this.#wiring.onState({ state: "live" });
  }

  #hear(text: string): void {
    this.#heardAt = Date.now();
    const frame = JSON.parse(text) as LiveFrame;
    if ("id" in frame) this.#cursor = frame.id;
    if (frame.event === "resync") this.#wiring.onGap();
    else this.#wiring.onFrames([frame]);
  }

  #beat(): void {
    // A machine that slept wakes with a socket that looks open and is not.
    if (Date.now() - this.#heardAt > SILENCE_MS) this.#lost();
    else this.#say("ping");
  }

  #say(text: string): void {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(text);
  }

  #lost(): void {
    this.#drop();
    if (!this.#closed) this.#later();
  }

  #drop(): void {
    clearInterval(this.#pulse);
    const socket = this.#socket;
    this.#socket = undefined;
    socket?.close();
  }

  #later(): void {
    this.#failures += 1;
    const most = Math.min(BACKOFF_MS.first * 2 ** this.#failures, BACKOFF_MS.most);
    const pause = most / 2 + (Math.random() * most) / 2;
    this.#retry = setTimeout(() => void this.#connect(), pause);
    this.#wiring.onState({
      state: "waiting",
      until: Date.now() + pause,
      failures: this.#failures,
    });
  }
}
