/**
 * The text that running jobs write as one watches: nothing on the server keeps it, so what this tab
 * has heard stays here until the job is no longer looked at.
 */
import { useCallback, useSyncExternalStore } from "react";
import type { StreamPart, ToldFrame } from "~/api/schema.ts";
import { isJobFrame } from "~/live/apply.ts";

export interface Stream {
  readonly attempt: number;
  readonly text: string;
  /** Characters (code points, as the server counts) up to the end of `text`. */
  readonly end: number;
  /** Characters that were written before one looked, or lost on the way. */
  readonly missed: number;
}

const streams = new Map<string, Stream>();
const listeners = new Set<() => void>();

/**
 * A text with one more part: parts may come twice, late, overlapping, or after a gap.
 *
 * @returns the same object when the part brings nothing.
 */
export function withPart(stream: Stream | undefined, part: StreamPart): Stream {
  const letters = [...part.text];
  if (!stream || part.attempt > stream.attempt) {
    return {
      attempt: part.attempt,
      text: part.text,
      end: part.offset + letters.length,
      missed: part.offset,
    };
  }
  const known = stream.end - part.offset;
  if (part.attempt < stream.attempt || known >= letters.length) return stream;
  return {
    ...stream,
    text: stream.text + (known > 0 ? letters.slice(known).join("") : part.text),
    end: part.offset + letters.length,
    missed: stream.missed + Math.max(0, -known),
  };
}

/** Keeps what frames bring of one job's text. */
export function hearStream(jobId: string, frames: readonly ToldFrame[]): void {
  const before = streams.get(jobId);
  let stream = before;
  for (const frame of frames) {
    if (isJobFrame(frame) && frame.job_id === jobId && frame.stream) {
      stream = withPart(stream, frame.stream);
    }
  }
  if (stream === before || !stream) return;
  streams.set(jobId, stream);
  tell();
}

export function forgetStream(jobId: string): void {
  if (streams.delete(jobId)) tell();
}

/** What a job has written so far, as far as this tab has heard it; only while it is watched. */
export function useStream(jobId: string): Stream | undefined {
  return useSyncExternalStore(
    subscribe,
    useCallback(() => streams.get(jobId), [jobId]),
  );
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function tell(): void {
  for (const listener of listeners) listener();
}
