import { useSyncExternalStore } from "react";

const query = window.matchMedia("(min-width: 48rem)");

/** Whether there is room for a table; a phone gets cards. */
export function useWide(): boolean {
  return useSyncExternalStore(
    (listener) => {
      query.addEventListener("change", listener);
      return () => query.removeEventListener("change", listener);
    },
    () => query.matches,
  );
}
