import { getRouteApi } from "@tanstack/react-router";
import { JobView } from "~/job/job-view.tsx";

const route = getRouteApi("/jobs/$jobId");

export function JobPage() {
  const { jobId } = route.useParams();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  return (
    <JobView
      jobId={jobId}
      search={search}
      onSearch={(next) =>
        void navigate({ search: next, replace: next.tab === search.tab, resetScroll: false })
      }
    />
  );
}
