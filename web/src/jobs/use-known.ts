import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { jobTypesQuery } from "~/api/job-types.ts";
import { workersQuery } from "~/api/workers.ts";
import type { JobList } from "~/jobs/job-list.ts";
import type { Known } from "~/jobs/suggest.ts";

const KEPT_MS = 300_000;

/** What this installation has, for suggestions: asked for when somebody is about to type. */
export function useKnown(wanted: boolean, list: JobList): Known {
  const types = useQuery({ ...jobTypesQuery, enabled: wanted, staleTime: KEPT_MS });
  const workers = useQuery({ ...workersQuery, enabled: wanted, staleTime: KEPT_MS });
  return useMemo(
    () => ({
      type: types.data?.items.map((it) => it.name) ?? [],
      worker: [...new Set(workers.data?.items.map((it) => it.host) ?? [])],
      tag: wanted ? list.rows.tags() : [],
    }),
    [types.data, workers.data, wanted, list],
  );
}
