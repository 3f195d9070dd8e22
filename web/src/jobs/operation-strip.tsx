import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { X } from "lucide-react";
import { LIVE_OPERATION, operationQuery, stopOperation } from "~/api/operations.ts";
import type { OperationView } from "~/api/schema.ts";
import { headline } from "~/jobs/bulk-words.ts";
import { count, span } from "~/lib/format.ts";
import { useNow } from "~/lib/use-now.ts";
import { isJobFrame } from "~/live/apply.ts";
import { useRefresh } from "~/live/use-refresh.ts";
import { useUnless } from "~/session/use-session.ts";
import { Button } from "~/ui/button.tsx";
import { Notice } from "~/ui/faces.tsx";

const TOLD_MS = 3_000;
const POLL_MS = 10_000;

/** An operation, followed until it has ended: each job that it changes is told, so reading follows that. */
export function useOperation(id: string) {
  const operation = useQuery({
    ...operationQuery(id),
    refetchInterval: ({ state }) => (isLive(state.data) ? POLL_MS : false),
  });
  useRefresh(
    operationQuery(id).queryKey,
    (it) => isLive(operation.data) && isJobFrame(it),
    TOLD_MS,
  );
  return operation;
}

export function isLive(operation: OperationView | undefined): boolean {
  return operation !== undefined && LIVE_OPERATION.includes(operation.status);
}

/** How far an operation is, under the list that it was asked for from. */
export function OperationStrip({ id, onClose }: { id: string; onClose: () => void }) {
  const { data, error } = useOperation(id);
  return (
    <section
      aria-label="Bulk operation"
      className="flex flex-wrap items-center gap-x-4 gap-y-1 border-hairline border-t bg-raised px-4 py-2 md:px-6"
    >
      {error && !data && <Notice error={error} />}
      {data && (
        <>
          <span className="min-w-0 truncate font-medium">{headline(data)}</span>
          <OperationProgress operation={data} />
          <StopButton operation={data} />
        </>
      )}
      <span className="ml-auto flex items-center gap-1">
        <Link
          to="/operations/$operationId"
          params={{ operationId: id }}
          className="rounded px-2 py-1.5 text-ember hover:bg-hover"
        >
          Details
        </Link>
        <Button kind="quiet" label="Put away" onClick={onClose}>
          <X aria-hidden className="size-4" strokeWidth={1.75} />
        </Button>
      </span>
    </section>
  );
}

/** Its bar, its numbers, and when it will be through. */
export function OperationProgress({ operation }: { operation: OperationView }) {
  const { status, total, done, skipped, failed, expected_at } = operation;
  const now = useNow();
  const seen = done + skipped + failed;
  const left = expected_at ? (Date.parse(expected_at) - now) / 1000 : undefined;
  const parts = [
    `${count(done)} done`,
    ...(skipped > 0 ? [`${count(skipped)} skipped`] : []),
    ...(failed > 0 ? [`${count(failed)} failed`] : []),
    ...(isLive(operation) && left !== undefined && left > 1
      ? [`${span(Math.ceil(left))} left`]
      : []),
  ];
  return (
    <span role="status" className="flex items-center gap-3">
      {isLive(operation) && (
        <progress
          aria-label="Jobs looked at"
          max={total ?? 1}
          {...(total === null ? {} : { value: seen })}
          className="h-1 w-32 appearance-none overflow-hidden rounded-full bg-hairline [&::-moz-progress-bar]:bg-ember-fill [&::-webkit-progress-bar]:bg-hairline [&::-webkit-progress-value]:bg-ember-fill"
        />
      )}
      <span className="figures text-soft">
        {STATES[status]}
        {parts.join(", ")}
        {total !== null && isLive(operation) && ` of ${count(total)}`}
      </span>
    </span>
  );
}

const STATES: Record<OperationView["status"], string> = {
  pending: "Waiting: ",
  running: "",
  done: "Through: ",
  stopped: "Stopped: ",
  failed: "Failed: ",
};

export function StopButton({ operation }: { operation: OperationView }) {
  const client = useQueryClient();
  const unless = useUnless("act");
  const stop = useMutation({
    mutationFn: () => stopOperation(operation.id),
    onSuccess: (view) => client.setQueryData(operationQuery(operation.id).queryKey, view),
  });
  return (
    <>
      {isLive(operation) && (
        <Button
          unless={unless ?? (stop.isPending ? "In progress" : undefined)}
          onClick={() => stop.mutate()}
        >
          Stop
        </Button>
      )}
      {stop.error && <Notice error={stop.error} />}
    </>
  );
}
