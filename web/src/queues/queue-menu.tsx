import { CirclePause, CirclePlay, EllipsisVertical, Eraser, Gauge } from "lucide-react";
import type { QueueView } from "~/api/schema.ts";
import type { QueueOrder } from "~/queues/queue-dialogs.tsx";
import { useQueueUnless } from "~/queues/use-queue-unless.ts";
import { Menu } from "~/ui/menu.tsx";

interface Props {
  readonly queue: QueueView;
  readonly onOrder: (order: QueueOrder) => void;
}

export function QueueMenu({ queue, onOrder }: Props) {
  const unless = useQueueUnless(queue);
  const ask = (kind: QueueOrder["kind"]) => () => onOrder({ kind, name: queue.name });
  return (
    <Menu
      label={`Actions on ${queue.name}`}
      trigger={<EllipsisVertical aria-hidden className="size-4" />}
      choices={[
        queue.paused
          ? { name: "Resume", icon: CirclePlay, run: ask("resume"), unless: unless.control }
          : { name: "Pause…", icon: CirclePause, run: ask("pause"), unless: unless.control },
        { name: "Set its limit…", icon: Gauge, run: ask("limit"), unless: unless.control },
        {
          name: "Purge what waits…",
          icon: Eraser,
          run: ask("purge"),
          unless: unless.purge,
          danger: true,
        },
      ]}
    />
  );
}
