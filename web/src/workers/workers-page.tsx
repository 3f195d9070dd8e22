import { getRouteApi } from "@tanstack/react-router";
import { useState } from "react";
import type { WorkerPage, WorkerView } from "~/api/schema.ts";
import { count } from "~/lib/format.ts";
import { Asked } from "~/ui/asked.tsx";
import { Empty } from "~/ui/faces.tsx";
import { Page, Section } from "~/ui/page.tsx";
import { useWorkers } from "~/workers/use-workers.ts";
import { WorkerDialog, type WorkerOrder } from "~/workers/worker-dialog.tsx";
import { WorkerPanel } from "~/workers/worker-panel.tsx";
import { fleetOf } from "~/workers/worker-rules.ts";
import { GoneTable, WorkerTable } from "~/workers/worker-table.tsx";

const route = getRouteApi("/workers");

export function WorkersPage() {
  const { worker: open } = route.useSearch();
  const navigate = route.useNavigate();
  const query = useWorkers();
  const [order, setOrder] = useState<WorkerOrder>();

  const workers = query.data?.items ?? [];
  const shown = workers.find((it) => it.id === open);
  const asked = workers.find((it) => it.id === order?.workerId);
  const onOpen = (id?: string) => void navigate({ search: id ? { worker: id } : {} });

  return (
    <div className="flex h-full min-h-0">
      <div className="min-w-0 flex-1 overflow-auto">
        <Page title="Workers" note={<Standing workers={workers} />}>
          <Asked query={query} rows={4} height={56}>
            {(page) => (
              <Fleet
                page={page}
                readAt={query.dataUpdatedAt}
                current={open}
                onOpen={({ id }) => onOpen(id)}
                onOrder={setOrder}
              />
            )}
          </Asked>
        </Page>
      </div>
      {shown && (
        <WorkerPanel
          key={shown.id}
          worker={shown}
          readAt={query.dataUpdatedAt}
          onClose={() => onOpen()}
          onOrder={setOrder}
        />
      )}
      {order && asked && (
        <WorkerDialog kind={order.kind} worker={asked} onClose={() => setOrder(undefined)} />
      )}
    </div>
  );
}

interface FleetProps {
  readonly page: Pick<WorkerPage, "items">;
  readonly readAt: number;
  readonly current: string | undefined;
  readonly onOpen: (worker: WorkerView) => void;
  readonly onOrder: (order: WorkerOrder) => void;
}

function Fleet({ page, readAt, current, onOpen, onOrder }: FleetProps) {
  const { here, lost, stopped } = fleetOf(page.items);
  return (
    <>
      {here.length === 0 ? (
        <Empty title="No workers">
          <p>Jobs are accepted and wait. Start a worker, on this machine or another:</p>
          <code className="figures rounded bg-sunken px-2 py-1 text-ink">taskforge worker</code>
        </Empty>
      ) : (
        <WorkerTable
          label="Workers"
          workers={here}
          readAt={readAt}
          current={current}
          onOpen={onOpen}
          onOrder={onOrder}
        />
      )}
      {lost.length > 0 && (
        <Section title="Lost" note="They went silent; other workers have taken over their jobs">
          <GoneTable label="Lost workers" workers={lost} current={current} onOpen={onOpen} />
        </Section>
      )}
      {stopped.length > 0 && (
        <details>
          <summary className="cursor-pointer rounded py-1 text-soft hover:text-ink">
            {count(stopped.length)} stopped
          </summary>
          <GoneTable label="Stopped workers" workers={stopped} current={current} onOpen={onOpen} />
        </details>
      )}
    </>
  );
}

function Standing({ workers }: { workers: readonly WorkerView[] }) {
  const { here } = fleetOf(workers);
  if (here.length === 0) return null;
  const slots = here.reduce((sum, it) => sum + it.slots, 0);
  const busy = here.reduce((sum, it) => sum + it.jobs.length, 0);
  return (
    <>
      <span className="figures">{count(here.length)}</span> online,{" "}
      <span className="figures">{count(busy)}</span> of{" "}
      <span className="figures">{count(slots)}</span> slots in use
    </>
  );
}
