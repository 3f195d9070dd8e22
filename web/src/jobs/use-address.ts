import { getRouteApi } from "@tanstack/react-router";
import type { JobFilters } from "~/api/jobs.ts";
import { filtersOf } from "~/jobs/search.ts";

const route = getRouteApi("/jobs");

/** What the address says, and the ways to change it. */
export function useAddress() {
  const { job, cols, ...search } = route.useSearch();
  const navigate = route.useNavigate();
  const filters = filtersOf(search);

  function go(next: JobFilters, open: string | undefined, replace: boolean): void {
    const rest = { ...(cols ? { cols } : {}), ...(open ? { job: open } : {}) };
    void navigate({ search: { ...next, ...rest }, replace });
  }

  function openFully(jobId: string): void {
    void navigate({ to: "/jobs/$jobId", params: { jobId } });
  }

  return {
    job,
    filters,
    setFilters: (next: JobFilters, replace = false) => go(next, undefined, replace),
    /** Beside the list; once more, and it takes the whole page. From job to job is no step back. */
    openJob: (id: string) => (id === job ? openFully(id) : go(filters, id, job !== undefined)),
    openFully,
    closeJob: () => go(filters, undefined, true),
  };
}
