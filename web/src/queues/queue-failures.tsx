import { useQuery } from "@tanstack/react-query";
import { newestQuery } from "~/api/newest.ts";
import type { JobStatus, QueueView } from "~/api/schema.ts";
import { Asked } from "~/ui/asked.tsx";
import { JobLines } from "~/ui/job-lines.tsx";
import { Section } from "~/ui/page.tsx";

const FAILED: readonly JobStatus[] = ["failed", "dead_letter"];
const SHOWN = 5;

export function QueueFailures({ queue }: { queue: QueueView }) {
  const query = useQuery(newestQuery({ status: FAILED, priority: queue.priority, limit: SHOWN }));
  return (
    <Section title="Newest failures">
      <Asked query={query} rows={SHOWN}>
        {({ items }) =>
          items.length === 0 ? (
            <p className="text-soft">None of its jobs has failed for good.</p>
          ) : (
            <JobLines label={`Newest failures of ${queue.name}`} jobs={items} />
          )
        }
      </Asked>
    </Section>
  );
}
