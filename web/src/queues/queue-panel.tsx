import { Link } from "@tanstack/react-router";
import { CirclePause, CirclePlay, Eraser, Gauge } from "lucide-react";
import type { QueueView } from "~/api/schema.ts";
import { count, rate } from "~/lib/format.ts";
import { QueueConsumers } from "~/queues/queue-consumers.tsx";
import type { QueueOrder } from "~/queues/queue-dialogs.tsx";
import { QueueFailures } from "~/queues/queue-failures.tsx";
import { QueueMarks } from "~/queues/queue-marks.tsx";
import { QueueState } from "~/queues/queue-state.tsx";
import { Drain } from "~/queues/queue-table.tsx";
import { useQueueUnless } from "~/queues/use-queue-unless.ts";
import { Button } from "~/ui/button.tsx";
import { Facts } from "~/ui/facts.tsx";
import { Figure } from "~/ui/figure.tsx";
import { Ageing } from "~/ui/moment.tsx";
import { Panel } from "~/ui/panel.tsx";

interface Props {
  readonly queue: QueueView;
  readonly readAt: number;
  readonly onClose: () => void;
  readonly onOrder: (order: QueueOrder) => void;
}

export function QueuePanel({ queue, readAt, onClose, onOrder }: Props) {
  const unless = useQueueUnless(queue);
  const ask = (kind: QueueOrder["kind"]) => () => onOrder({ kind, name: queue.name });
  return (
    <Panel label={`Queue ${queue.name}`} onClose={onClose}>
      <div className="flex flex-col gap-6 px-4 pt-4 pb-12 md:px-6">
        <header className="flex flex-col gap-1 pr-10">
          <h2 className="font-semibold text-lg">{queue.name}</h2>
          <QueueState queue={queue} />
          <QueueMarks queue={queue} />
        </header>
        <div className="flex flex-wrap gap-2">
          {queue.paused ? (
            <Button kind="primary" unless={unless.control} onClick={ask("resume")}>
              <CirclePlay aria-hidden className="size-4" />
              Resume
            </Button>
          ) : (
            <Button unless={unless.control} onClick={ask("pause")}>
              <CirclePause aria-hidden className="size-4" />
              Pause
            </Button>
          )}
          <Button unless={unless.control} onClick={ask("limit")}>
            <Gauge aria-hidden className="size-4" />
            Limit
          </Button>
          <Button kind="danger" unless={unless.purge} onClick={ask("purge")}>
            <Eraser aria-hidden className="size-4" />
            Purge
          </Button>
          <Link
            to="/jobs"
            search={{ q: `queue:${queue.name}` }}
            className="ml-auto inline-flex h-8 items-center rounded-md px-2 font-medium text-ember hover:bg-hover"
          >
            Show its jobs
          </Link>
        </div>
        <Facts facts={factsOf(queue, readAt)} />
        <QueueConsumers queue={queue} />
        <QueueFailures queue={queue} />
      </div>
    </Panel>
  );
}

function factsOf(queue: QueueView, readAt: number) {
  const {
    depth,
    scheduled,
    oldest_age_seconds: age,
    in_per_minute: came,
    concurrency_limit: limit,
  } = queue;
  return [
    ["Waiting", <Figure key="waiting" text={count(depth)} />],
    ["Oldest has waited", age === null ? null : <Ageing key="age" seconds={age} readAt={readAt} />],
    ["Not due yet", <Figure key="later" text={count(scheduled)} />],
    ["Running", <Figure key="running" text={count(queue.running)} />],
    ["Limit", limit === null ? "none" : <Figure key="limit" text={count(limit)} />],
    ["Came in, a minute", <Figure key="in" text={rate(came)} />],
    ["Started, a minute", <Figure key="out" text={rate(queue.out_per_minute)} />],
    ["Drained in", depth > 0 ? <Drain key="drain" queue={queue} /> : null],
  ] as const;
}
