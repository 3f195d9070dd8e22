import { useSyncExternalStore } from "react";

/** One timer for every "12 s ago" on the page; it rests while nobody looks. */
const listeners = new Set<() => void>();
let correctionMs = 0;
let now = Date.now();
let timer: ReturnType<typeof setInterval> | undefined;

function tick(): void {
  now = Date.now() + correctionMs;
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  if (timer === undefined) {
    tick();
    timer = setInterval(tick, 1000);
  }
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0) {
      clearInterval(timer);
      timer = undefined;
    }
  };
}

/** What to add to this machine's clock, when it is plainly wrong: ages are told by the server's. */
export function correctClock(ms: number): void {
  correctionMs = ms;
}

/** Milliseconds since 1970, renewed every second. */
export function useNow(): number {
  return useSyncExternalStore(subscribe, () => now);
}
