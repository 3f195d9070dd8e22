import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { jobQuery } from "~/api/job.ts";
import { ApiProblem } from "~/api/problem.ts";
import type { LogLine, ToldFrame } from "~/api/schema.ts";
import { isEnd } from "~/job/timeline.ts";
import { applyToDetail, isChange, isDeletion, isJobFrame } from "~/live/apply.ts";
import { useFrames, useLive } from "~/live/live.tsx";
import { useRefresh } from "~/live/use-refresh.ts";
import { useWatch } from "~/live/watch.ts";

/** Frames can be lost where a job changes faster than it is read; a look now and then heals that. */
const HEAL_MS = { live: 15_000, apart: 5_000 };

/** A job, read once and kept true by what is told; and whether it was deleted while it was shown. */
export function useJob(jobId: string) {
  const client = useQueryClient();
  const { connection, paused } = useLive();
  const options = jobQuery(jobId);
  const [deleted, setDeleted] = useState(false);
  const query = useQuery({
    ...options,
    enabled: !deleted,
    refetchInterval: ({ state: { data } }) => {
      if (paused || !data || isEnd(data.status)) return false;
      return connection.state === "live" ? HEAL_MS.live : HEAL_MS.apart;
    },
  });
  const early = useRef<readonly ToldFrame[]>([]);
  const known = query.data !== undefined;

  function apply(frames: readonly ToldFrame[]): void {
    const shown = client.getQueryData(options.queryKey);
    if (!shown) {
      early.current = [...early.current, ...frames];
      return;
    }
    const next = applyToDetail(shown, frames);
    if (next === shown) return;
    client.setQueryData(options.queryKey, next);
    if (hasLeap(shown.logs.at(-1), next.logs[shown.logs.length])) {
      void client.invalidateQueries({ queryKey: options.queryKey });
    }
  }

  useWatch(jobId);
  useFrames((frames) => {
    const own = frames.filter((it) => "job_id" in it && it.job_id === jobId);
    if (own.some(isDeletion)) setDeleted(true);
    else if (own.length > 0) apply(own);
  });
  useRefresh(options.queryKey, (it) => isJobFrame(it) && it.job_id === jobId && isChange(it));
  useEffect(() => {
    // What was told while the job was being read may be newer than what was read.
    if (!known || early.current.length === 0) return;
    const shown = client.getQueryData(options.queryKey);
    if (shown) client.setQueryData(options.queryKey, applyToDetail(shown, early.current));
    early.current = [];
  }, [known, client, options.queryKey]);

  const lost = query.error instanceof ApiProblem && query.error.status === 404;
  return { query, gone: known && (deleted || lost) };
}

/** Whether lines of one attempt were lost between two that follow each other here. */
function hasLeap(last: LogLine | undefined, next: LogLine | undefined): boolean {
  return next !== undefined && next.attempt === last?.attempt && next.seq > last.seq + 1;
}
