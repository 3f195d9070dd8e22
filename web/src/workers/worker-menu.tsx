import { CirclePause, CirclePlay, CircleStop, EllipsisVertical } from "lucide-react";
import type { WorkerView } from "~/api/schema.ts";
import { Menu } from "~/ui/menu.tsx";
import { useWorkerUnless } from "~/workers/use-worker-unless.ts";
import type { WorkerOrder } from "~/workers/worker-dialog.tsx";

interface Props {
  readonly worker: WorkerView;
  readonly onOrder: (order: WorkerOrder) => void;
}

export function WorkerMenu({ worker, onOrder }: Props) {
  const unless = useWorkerUnless(worker);
  const ask = (kind: WorkerOrder["kind"]) => () => onOrder({ kind, workerId: worker.id });
  return (
    <Menu
      label={`Actions on ${worker.host}, process ${worker.pid}`}
      trigger={<EllipsisVertical aria-hidden className="size-4" />}
      choices={[
        { name: "Drain…", icon: CirclePause, run: ask("drain"), unless: unless.drain },
        { name: "Resume", icon: CirclePlay, run: ask("resume"), unless: unless.resume },
        { name: "Stop…", icon: CircleStop, run: ask("stop"), unless: unless.stop, danger: true },
      ]}
    />
  );
}
