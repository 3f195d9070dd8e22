import { useInfiniteQuery } from "@tanstack/react-query";
import { useEffect, useReducer } from "react";
import { type JobFilters, jobsQuery } from "~/api/jobs.ts";
import type { JobFrame, JobItem, ToldFrame } from "~/api/schema.ts";
import { applyToList, EMPTY_LIST, type JobList } from "~/live/apply.ts";
import { useFrames } from "~/live/live.tsx";

type Step =
  | { readonly kind: "read"; readonly items: readonly JobItem[] }
  | {
      readonly kind: "told";
      readonly frames: readonly ToldFrame[];
      readonly matches: (frame: JobFrame) => boolean;
    };

/** A list that is read page by page and kept true by what is told. */
export function useJobList(filters: JobFilters) {
  const query = useInfiniteQuery(jobsQuery(filters));
  const [list, step] = useReducer(advance, EMPTY_LIST);
  const { data } = query;

  useEffect(() => {
    if (data) step({ kind: "read", items: data.pages.flatMap((page) => page.items) });
  }, [data]);

  useFrames((frames) =>
    step({ kind: "told", frames, matches: (frame) => belongs(frame, filters) }),
  );
  return { list, query };
}

function advance(list: JobList, step: Step): JobList {
  if (step.kind === "told") return applyToList(list, step.frames, step.matches);
  // An answer may be older than what was told meanwhile.
  const told = new Map(list.items.map((it) => [it.id, it]));
  const items = step.items.map((it) => {
    const known = told.get(it.id);
    return known && known.version > it.version ? known : it;
  });
  const shown = new Set(items.map((it) => it.id));
  return {
    items,
    fresh: new Set([...list.fresh].filter((id) => !shown.has(id))),
    gone: new Set([...list.gone].filter((id) => shown.has(id))),
  };
}

/** Whether a new job belongs to a list; words are for the server to judge, so they match none. */
function belongs({ job }: JobFrame, filters: JobFilters): boolean {
  return (
    !filters.q &&
    (!filters.status?.length || filters.status.includes(job.status)) &&
    (!filters.type?.length || filters.type.includes(job.type)) &&
    (!filters.priority?.length || filters.priority.includes(job.priority))
  );
}
