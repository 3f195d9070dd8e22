import { lazy, Suspense } from "react";
import { Skeleton } from "~/ui/faces.tsx";
import { Panel } from "~/ui/panel.tsx";

const JobView = lazy(async () => ({ default: (await import("~/job/job-view.tsx")).JobView }));

/** The job beside the list. */
export function JobPanel({ jobId, onClose }: { jobId: string; onClose: () => void }) {
  return (
    <Panel label="Job" onClose={onClose}>
      <Suspense
        fallback={
          <div className="px-4 pt-12 md:px-6">
            <Skeleton rows={12} />
          </div>
        }
      >
        <JobView key={jobId} jobId={jobId} compact />
      </Suspense>
    </Panel>
  );
}
