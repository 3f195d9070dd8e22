/** The jobs whose end this tab is to tell of, on whichever page it is. */
import { useSyncExternalStore } from "react";

let followed: ReadonlySet<string> = new Set();
const listeners = new Set<() => void>();

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function useFollowed(): ReadonlySet<string> {
  return useSyncExternalStore(subscribe, () => followed);
}

/** Begins to follow a job; the browser may ask whether it may tell of the end in other windows. */
export function follow(jobId: string): void {
  set(new Set(followed).add(jobId));
  if ("Notification" in window && Notification.permission === "default") {
    void Notification.requestPermission();
  }
}

export function unfollow(jobId: string): void {
  set(new Set([...followed].filter((it) => it !== jobId)));
}

function set(next: ReadonlySet<string>): void {
  followed = next;
  for (const listener of listeners) listener();
}
