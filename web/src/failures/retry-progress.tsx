import { useQuery } from "@tanstack/react-query";
import { operationQuery } from "~/api/failures.ts";
import type { OperationView } from "~/api/schema.ts";
import { count } from "~/lib/format.ts";
import { Notice } from "~/ui/faces.tsx";

/** How far the retry of a group is. */
export function RetryProgress({ operationId }: { operationId: string }) {
  const { data, error } = useQuery(operationQuery(operationId));
  if (!data) return error ? <Notice error={error} /> : <p className="text-soft">Beginning…</p>;
  const total = Math.max(data.total ?? 0, data.done + data.skipped + data.failed);
  return (
    <div className="flex flex-col gap-1.5">
      <p role="status" className="text-soft">
        {said(data)}
      </p>
      {!data.finished_at && (
        <progress
          aria-label="Jobs looked at"
          max={total || 1}
          value={data.done + data.skipped + data.failed}
          className="h-1 w-full appearance-none overflow-hidden rounded-full bg-hover [&::-moz-progress-bar]:bg-running [&::-webkit-progress-bar]:bg-hover [&::-webkit-progress-value]:bg-running"
        />
      )}
    </div>
  );
}

function said({ done, skipped, failed, total, finished_at }: OperationView): string {
  const left = skipped + failed;
  const others = left > 0 ? `; ${count(left)} no longer stood as failed` : "";
  if (finished_at) return `${count(done)} queued again${others}.`;
  return `${count(done)} of ${total === null ? "…" : count(total)} queued again${others}`;
}
