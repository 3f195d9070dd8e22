import { Link } from "@tanstack/react-router";
import { CirclePause, CirclePlay, CircleStop } from "lucide-react";
import type { WorkerView } from "~/api/schema.ts";
import { actorName } from "~/lib/actor.ts";
import { bytes, count } from "~/lib/format.ts";
import { Button } from "~/ui/button.tsx";
import { Copy } from "~/ui/copy.tsx";
import { Facts } from "~/ui/facts.tsx";
import { Figure } from "~/ui/figure.tsx";
import { Ageing, Moment } from "~/ui/moment.tsx";
import { Panel } from "~/ui/panel.tsx";
import { Slots } from "~/workers/slots.tsx";
import { useWorkerUnless } from "~/workers/use-worker-unless.ts";
import type { WorkerOrder } from "~/workers/worker-dialog.tsx";
import { Lag, Load } from "~/workers/worker-facts.tsx";
import { WorkerJobs } from "~/workers/worker-jobs.tsx";
import { refusals } from "~/workers/worker-rules.ts";
import { WorkerStatus } from "~/workers/worker-status.tsx";

interface Props {
  readonly worker: WorkerView;
  readonly readAt: number;
  readonly onClose: () => void;
  readonly onOrder: (order: WorkerOrder) => void;
}

export function WorkerPanel({ worker, readAt, onClose, onOrder }: Props) {
  const { id, host, pid, status } = worker;
  const here = status !== "offline";
  return (
    <Panel label={`Worker ${host}, process ${pid}`} onClose={onClose}>
      <div className="flex flex-col gap-6 px-4 pt-4 pb-12 md:px-6">
        <header className="flex flex-col gap-1 pr-10">
          <h2 className="figures font-semibold text-lg">
            {host} <span className="text-faint">{pid}</span>
          </h2>
          <WorkerStatus worker={worker} />
          <Order worker={worker} />
        </header>
        {here && <Orders worker={worker} onOrder={onOrder} />}
        {here && <Slots worker={worker} />}
        <Facts facts={factsOf(worker, readAt)} />
        <WorkerJobs workerId={id} here={here} />
        <Link
          to="/jobs"
          search={{ q: `worker:${id}` }}
          className="self-start rounded font-medium text-ember underline-offset-2 hover:underline"
        >
          Show all jobs that it ran
        </Link>
      </div>
    </Panel>
  );
}

function Orders({ worker, onOrder }: Pick<Props, "worker" | "onOrder">) {
  const unless = useWorkerUnless(worker);
  const ask = (kind: WorkerOrder["kind"]) => () => onOrder({ kind, workerId: worker.id });
  return (
    <div className="flex flex-wrap gap-2">
      {refusals(worker).resume === undefined ? (
        <Button kind="primary" unless={unless.resume} onClick={ask("resume")}>
          <CirclePlay aria-hidden className="size-4" />
          Resume
        </Button>
      ) : (
        <Button unless={unless.drain} onClick={ask("drain")}>
          <CirclePause aria-hidden className="size-4" />
          Drain
        </Button>
      )}
      <Button kind="danger" unless={unless.stop} onClick={ask("stop")}>
        <CircleStop aria-hidden className="size-4" />
        Stop
      </Button>
    </div>
  );
}

const ASKED = { run: "Resumed", drain: "Told to drain", stop: "Told to stop" } as const;

/** Who gave the last order, and why. */
function Order({
  worker: { wanted, wanted_by, wanted_at, wanted_reason },
}: {
  worker: WorkerView;
}) {
  if (!wanted_by || !wanted_at) return null;
  return (
    <p className="text-soft wrap-anywhere">
      {ASKED[wanted]} by {actorName(wanted_by)} <Moment at={wanted_at} />
      {wanted_reason && `: ${wanted_reason}`}
    </p>
  );
}

function factsOf(worker: WorkerView, readAt: number) {
  const { facts, heartbeat_age_seconds: age, stopped_at } = worker;
  return [
    ["Id", <Id key="id" id={worker.id} />],
    ["Version", <Figure key="version" text={worker.version} />],
    ["Started", <Moment key="started" at={worker.started_at} as="clock" />],
    [
      stopped_at ? "Gone since" : "Last heartbeat",
      stopped_at ? (
        <Moment key="gone" at={stopped_at} as="clock" />
      ) : (
        <span key="beat">
          <Ageing seconds={age} readAt={readAt} /> ago
        </span>
      ),
    ],
    ["Queues", worker.queues.join(", ")],
    ["Types", worker.types.join(", ")],
    [
      "Memory",
      facts?.memory_bytes ? <Figure key="memory" text={bytes(facts.memory_bytes)} /> : null,
    ],
    ["CPU", facts && !stopped_at ? <Load key="cpu" facts={facts} /> : null],
    ["Loop lag", facts && !stopped_at ? <Lag key="lag" facts={facts} /> : null],
    [
      "Jobs started",
      facts?.started_jobs == null ? null : <Figure key="in" text={count(facts.started_jobs)} />,
    ],
    [
      "Jobs ended",
      facts?.ended_jobs == null ? null : <Figure key="out" text={count(facts.ended_jobs)} />,
    ],
  ] as const;
}

function Id({ id }: { id: string }) {
  return (
    <span className="inline-flex items-center gap-1">
      <span className="figures">{id}</span>
      <Copy text={id} what="the id" />
    </span>
  );
}
