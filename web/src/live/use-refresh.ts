import { type QueryKey, useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import type { ToldFrame } from "~/api/schema.ts";
import { useFrames } from "~/live/live.tsx";

/**
 * Reads a query again when something was told that may change its answer: at once when it was quiet,
 * then at most every `everyMs`, and once more after the last.
 *
 * @param concerns whether a frame may change the answer; not a deep look, a cheap one.
 */
export function useRefresh(
  queryKey: QueryKey,
  concerns: (frame: ToldFrame) => boolean,
  everyMs = 2_000,
): void {
  const client = useQueryClient();
  const last = useRef(0);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  useFrames((frames) => {
    if (timer.current || !frames.some(concerns)) return;
    timer.current = setTimeout(
      () => {
        timer.current = undefined;
        last.current = Date.now();
        void client.invalidateQueries({ queryKey });
      },
      Math.max(0, last.current + everyMs - Date.now()),
    );
  });
}
