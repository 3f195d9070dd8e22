import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import type { DeliveryStatus, RedeliverOrder } from "~/api/schema.ts";
import { redeliverMany } from "~/api/webhooks.ts";
import { count } from "~/lib/format.ts";
import { Button } from "~/ui/button.tsx";
import { Dialog } from "~/ui/dialog.tsx";
import { Notice } from "~/ui/faces.tsx";
import { Select } from "~/ui/select.tsx";
import { DELIVERY_LOOKS } from "~/webhooks/looks.ts";
import { DELIVERY_STATUSES } from "~/webhooks/search.ts";

const HOUR_MS = 3_600_000;
const BACK = [
  { value: "1", label: "In the last hour" },
  { value: "6", label: "In the last 6 hours" },
  { value: "24", label: "In the last 24 hours" },
  { value: "168", label: "In the last 7 days" },
] as const;
const STATES = DELIVERY_STATUSES.map((it) => ({ value: it, label: DELIVERY_LOOKS[it].label }));

interface Props {
  readonly open: boolean;
  /** Only to this receiver. */
  readonly endpoint: string | undefined;
  readonly onClose: () => void;
}

/** Sends again what was owed in a span of time, such as the hours that a receiver was down. */
export function RedeliverDialog({ open, endpoint, onClose }: Props) {
  const [hours, setHours] = useState<(typeof BACK)[number]["value"]>("1");
  const [status, setStatus] = useState<DeliveryStatus>("failed");
  const client = useQueryClient();
  const send = useMutation({
    mutationFn: (order: RedeliverOrder) => redeliverMany(order),
    onSuccess: () => client.invalidateQueries({ queryKey: ["webhooks"] }),
  });

  function close(): void {
    send.reset();
    onClose();
  }

  function start(): void {
    const now = Date.now();
    send.mutate({
      since: new Date(now - Number(hours) * HOUR_MS).toISOString(),
      until: new Date(now).toISOString(),
      status,
      endpoint: endpoint ?? null,
    });
  }

  return (
    <Dialog
      open={open}
      onOpenChange={(wanted) => !wanted && close()}
      title="Redeliver a time range"
      description={endpoint ? "To the receiver that is shown" : "To all receivers"}
    >
      <div className="flex flex-wrap gap-2">
        <Select label="State" options={STATES} value={status} onValue={setStatus} />
        <Select label="Created" options={BACK} value={hours} onValue={setHours} />
      </div>
      <p className="text-soft">
        Oldest first, at most 1,000 at once. Receivers tell a repeat by its{" "}
        <span className="figures">webhook-id</span>.
      </p>
      {send.error && <Notice error={send.error} />}
      {send.data && (
        <p role="status">
          {send.data.count === 0
            ? "Nothing matches."
            : `${count(send.data.count)} will be sent again.`}
        </p>
      )}
      <div className="flex justify-end gap-2">
        <Button kind="quiet" onClick={close}>
          Close
        </Button>
        <Button kind="primary" onClick={start} unless={send.isPending ? "In progress" : undefined}>
          Redeliver
        </Button>
      </div>
    </Dialog>
  );
}
