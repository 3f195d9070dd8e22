import { useEffect } from "react";
import { useFrames, useLive } from "~/live/live.tsx";
import type { LiveSocket } from "~/live/socket.ts";
import { forgetStream, hearStream } from "~/live/streams.ts";

/** A person who leafs through jobs sends one wish, not twenty: the server bears 20 in 10 s. */
const SETTLE_MS = 300;
/** Milliseconds between batches while one job is followed closely. */
const CLOSE_MS = 100;

const watched = new Map<string, number>();
let timer: ReturnType<typeof setTimeout> | undefined;

/** Asks for the log lines and the streamed text of a job as long as the component is there. */
export function useWatch(jobId: string): void {
  const { socket } = useLive();
  useEffect(() => {
    count(jobId, 1);
    settle(socket);
    return () => {
      count(jobId, -1);
      if (!watched.has(jobId)) forgetStream(jobId);
      settle(socket);
    };
  }, [socket, jobId]);
  useFrames((frames) => hearStream(jobId, frames));
}

function count(jobId: string, step: number): void {
  const n = (watched.get(jobId) ?? 0) + step;
  if (n > 0) watched.set(jobId, n);
  else watched.delete(jobId);
}

function settle(socket: LiveSocket): void {
  clearTimeout(timer);
  timer = setTimeout(() => {
    if (watched.size > 0) socket.watch([...watched.keys()], CLOSE_MS);
    else socket.watch([]);
  }, SETTLE_MS);
}
