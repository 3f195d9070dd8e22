import { useQuery } from "@tanstack/react-query";
import { useEffect, useEffectEvent, useMemo, useRef, useState, useSyncExternalStore } from "react";
import { type JobFilters, readJobs } from "~/api/jobs.ts";
import type { ToldFrame } from "~/api/schema.ts";
import { JobList } from "~/jobs/job-list.ts";
import { judgeOf } from "~/jobs/judge.ts";
import type { Shape } from "~/jobs/list-shape.ts";
import { useFrames } from "~/live/live.tsx";

/** How long a list that was left is worth coming back to. */
const KEPT_MS = 120_000;
const PEEK_MS = 10_000;

/** The list that was left last: whoever comes back finds it as it was, and sees it brought up to date. */
let left: { readonly key: string; readonly list: JobList; readonly at: number } | undefined;

/** What is shown, which lags behind what is asked for while that is being read. */
export interface Shown {
  readonly list: JobList;
  readonly shape: Shape;
  /** It answers older filters. */
  readonly lags: boolean;
  /** Why the list that is asked for could not be read. */
  readonly failure: Error | undefined;
  readonly retry: () => void;
  readonly calm: boolean;
}

/**
 * The list for these filters; the answer to older ones is dropped, whenever it comes.
 *
 * @param mayInsert whether new rows at the top would disturb nobody now.
 */
export function useJobList(filters: JobFilters, mayInsert: () => boolean): Shown {
  const key = JSON.stringify(filters);
  const still = useRef(mayInsert);
  useEffect(() => {
    still.current = mayInsert;
  }, [mayInsert]);
  const wanted = useMemo(() => openList(key, () => still.current()), [key]);
  useEffect(() => {
    if (wanted.shape().state === "ready") wanted.doubt();
    else void wanted.restart();
    return () => {
      wanted.close();
      left = { key, list: wanted, at: Date.now() };
    };
  }, [wanted, key]);

  // Whoever says that jobs may have changed unheard (a gap, a fallback without push) is heard here.
  useQuery({
    queryKey: ["jobs", "list", key],
    queryFn: () => wanted.doubt(),
    initialData: 0,
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
  });

  const shape = useSyncExternalStore(wanted.onShape, wanted.shape);
  const [ready, setReady] = useState<JobList>();
  if (shape.state === "ready" && ready !== wanted) setReady(wanted);
  const lags = shape.state === "reading" && ready !== undefined && ready !== wanted;
  const list = lags && ready ? ready : wanted;
  const calm = useNews(list);
  return {
    list,
    shape: lags ? list.shape() : shape,
    lags,
    failure: shape.state === "failed" ? shape.error : undefined,
    retry: () => void wanted.restart(),
    calm,
  };
}

function useShape(list: JobList): Shape {
  return useSyncExternalStore(list.onShape, list.shape);
}

function openList(key: string, mayInsert: () => boolean): JobList {
  if (left?.key === key && Date.now() - left.at < KEPT_MS) return left.list;
  const filters = JSON.parse(key) as JobFilters;
  return new JobList({
    read: (cursor, limit, signal) => readJobs(filters, { cursor, limit, signal }),
    judge: judgeOf(filters),
    mayInsert,
  });
}

/** Brings what is told to the list, once for each picture; whether few rows change. */
function useNews(list: JobList): boolean {
  const [calm, setCalm] = useState(true);
  const held = useRef<ToldFrame[]>([]);
  const frame = useRef(0);

  const flush = useEffectEvent(() => {
    frame.current = 0;
    const frames = held.current;
    held.current = [];
    list.hear(frames);
    setCalm(list.isCalm(Date.now()));
  });
  useFrames((frames) => {
    held.current.push(...frames);
    // No picture is drawn of a hidden page, and what is held must not grow.
    if (document.hidden) flush();
    else if (frame.current === 0) frame.current = requestAnimationFrame(() => flush());
  });
  useEffect(() => () => cancelAnimationFrame(frame.current), []);
  const { doubtful } = useShape(list);
  const peek = useEffectEvent(() => void list.peek());
  useEffect(() => {
    if (!doubtful) return;
    const timer = setTimeout(() => peek(), PEEK_MS);
    return () => clearTimeout(timer);
  }, [doubtful]);
  return calm;
}
