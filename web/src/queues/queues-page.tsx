import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useState } from "react";
import { queuesQuery } from "~/api/queues.ts";
import type { OperationView, QueueView, ToldFrame } from "~/api/schema.ts";
import { workersQuery } from "~/api/workers.ts";
import { count } from "~/lib/format.ts";
import { isJobFrame } from "~/live/apply.ts";
import { useRefresh } from "~/live/use-refresh.ts";
import { PurgeNotice } from "~/queues/purge-notice.tsx";
import { QueueDialog, type QueueOrder } from "~/queues/queue-dialogs.tsx";
import { QueuePanel } from "~/queues/queue-panel.tsx";
import { QueueTable } from "~/queues/queue-table.tsx";
import { TypeLimits } from "~/queues/type-limits.tsx";
import { Asked } from "~/ui/asked.tsx";
import { Page } from "~/ui/page.tsx";

const route = getRouteApi("/queues");

export function QueuesPage() {
  const { queue: open } = route.useSearch();
  const navigate = route.useNavigate();
  const query = useQuery(queuesQuery);
  const [order, setOrder] = useState<QueueOrder>();
  const [purge, setPurge] = useState<OperationView>();
  useRefresh(workersQuery.queryKey, (frame) => open !== undefined && isMove(frame), 10_000);

  const queues = query.data?.items ?? [];
  const shown = queues.find((it) => it.name === open);
  const asked = queues.find((it) => it.name === order?.name);
  const onOpen = (name?: string) => void navigate({ search: name ? { queue: name } : {} });

  return (
    <div className="flex h-full min-h-0">
      <div className="min-w-0 flex-1 overflow-auto">
        <Page title="Queues" note={<Standing queues={queues} />}>
          {purge && (
            <PurgeNotice key={purge.id} started={purge} onClose={() => setPurge(undefined)} />
          )}
          <Asked query={query} rows={5} height={44}>
            {({ items }) => (
              <QueueTable
                queues={items}
                readAt={query.dataUpdatedAt}
                current={open}
                onOpen={({ name }) => onOpen(name)}
                onOrder={setOrder}
              />
            )}
          </Asked>
          <TypeLimits />
        </Page>
      </div>
      {shown && (
        <QueuePanel
          key={shown.name}
          queue={shown}
          readAt={query.dataUpdatedAt}
          onClose={() => onOpen()}
          onOrder={setOrder}
        />
      )}
      {order && asked && (
        <QueueDialog
          kind={order.kind}
          queue={asked}
          onClose={() => setOrder(undefined)}
          onPurge={setPurge}
        />
      )}
    </div>
  );
}

function Standing({ queues }: { queues: readonly QueueView[] }) {
  if (queues.length === 0) return null;
  const waiting = queues.reduce((sum, it) => sum + it.depth, 0);
  const running = queues.reduce((sum, it) => sum + it.running, 0);
  return (
    <>
      <span className="figures">{count(waiting)}</span> waiting,{" "}
      <span className="figures">{count(running)}</span> running
    </>
  );
}

/** A job changed its place; progress and what it writes change no count. */
function isMove(frame: ToldFrame): boolean {
  return isJobFrame(frame) && !["job_progress", "job_log", "job_stream"].includes(frame.event);
}
