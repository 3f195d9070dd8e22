import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { X } from "lucide-react";
import { LIVE_OPERATION, operationQuery } from "~/api/operations.ts";
import type { OperationStatus, OperationView } from "~/api/schema.ts";
import { count } from "~/lib/format.ts";

const LOOK_MS = 3_000;

const WORDS = {
  pending: "The purge waits for its turn",
  running: "Purging",
  done: "Purged",
  stopped: "The purge was stopped",
  failed: "The purge failed",
} satisfies Record<OperationStatus, string>;

/** How far a purge is; the whole of it stands on its own page. */
export function PurgeNotice({ started, onClose }: { started: OperationView; onClose: () => void }) {
  const { data } = useQuery({
    ...operationQuery(started.id),
    initialData: started,
    refetchInterval: ({ state }) =>
      state.data && LIVE_OPERATION.includes(state.data.status) ? LOOK_MS : false,
  });
  const path: string = `/operations/${data.id}`;
  return (
    <div
      role="status"
      className="flex min-h-10 items-center gap-4 border-hairline border-y py-1.5 max-md:flex-wrap"
    >
      <span>
        {WORDS[data.status]}: <span className="figures">{count(data.done)}</span> cancelled
        {data.skipped > 0 && `, ${count(data.skipped)} had moved on`}
        {data.failed > 0 && `, ${count(data.failed)} failed`}
        {data.total !== null && (
          <span className="text-soft">
            {" "}
            of <span className="figures">{count(data.total)}</span>
          </span>
        )}
      </span>
      <Link to={path} className="rounded text-ember underline-offset-2 hover:underline">
        See what became of each job
      </Link>
      <button
        type="button"
        aria-label="Dismiss"
        onClick={onClose}
        className="ml-auto grid size-8 cursor-pointer place-items-center rounded-md text-faint hover:bg-hover hover:text-ink"
      >
        <X aria-hidden className="size-4" />
      </button>
    </div>
  );
}
