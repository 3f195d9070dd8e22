import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { Delivery } from "~/api/schema.ts";
import { redeliver } from "~/api/webhooks.ts";
import { Button } from "~/ui/button.tsx";
import { Copy } from "~/ui/copy.tsx";
import { Dialog } from "~/ui/dialog.tsx";
import { Notice } from "~/ui/faces.tsx";
import { Facts } from "~/ui/facts.tsx";
import { MarkWord } from "~/ui/mark-word.tsx";
import { Moment } from "~/ui/moment.tsx";
import { useSay } from "~/ui/toast.tsx";
import { lastAnswer } from "~/webhooks/answer.ts";
import { DELIVERY_LOOKS } from "~/webhooks/looks.ts";

interface Props {
  readonly delivery: Delivery | undefined;
  readonly onClose: () => void;
}

/** One delivery: what was sent, what came back, and sending it again. */
export function DeliveryDialog({ delivery, onClose }: Props) {
  return (
    <Dialog
      open={delivery !== undefined}
      onOpenChange={(open) => !open && onClose()}
      title={delivery?.event ?? "Delivery"}
      width="w-160"
    >
      {delivery && <Shown key={delivery.id} delivery={delivery} />}
    </Dialog>
  );
}

function Shown({ delivery }: { delivery: Delivery }) {
  const client = useQueryClient();
  const say = useSay();
  const again = useMutation({
    mutationFn: () => redeliver(delivery.id),
    onSuccess: () => {
      say("Sent again");
      void client.invalidateQueries({ queryKey: ["webhooks"] });
    },
  });
  return (
    <>
      <Facts facts={factsOf(delivery)} />
      <div className="min-w-0">
        <h3 className="mb-1 text-soft">Last answer</h3>
        {delivery.last_response ? (
          <pre className="figures max-h-64 overflow-auto whitespace-pre-wrap rounded-md border border-hairline bg-sunken p-3 text-sm wrap-anywhere">
            {delivery.last_response}
          </pre>
        ) : (
          <p className="text-faint">Without a body</p>
        )}
      </div>
      {again.error && <Notice error={again.error} />}
      <div className="flex justify-end">
        <Button
          kind="primary"
          onClick={() => again.mutate()}
          unless={again.isPending ? "In progress" : undefined}
        >
          Send again
        </Button>
      </div>
    </>
  );
}

function factsOf(it: Delivery) {
  const { label, icon, tone } = DELIVERY_LOOKS[it.status];
  return [
    [
      "State",
      <MarkWord key="state" icon={icon} tone={tone}>
        {label}
      </MarkWord>,
    ],
    [
      "Receiver",
      <span key="url" className="figures">
        {it.url}
      </span>,
    ],
    [
      "Job",
      <Link
        key="job"
        to="/jobs/$jobId"
        params={{ jobId: it.job_id }}
        className="figures text-ember hover:underline"
      >
        {it.job_id}
      </Link>,
    ],
    [
      "webhook-id",
      <span key="id" className="figures">
        {it.id} <Copy text={it.id} what="the id" />
      </span>,
    ],
    ["Calls", it.attempts],
    ["Answered", lastAnswer(it)],
    ["Signed", it.signed === null ? undefined : it.signed ? "Yes" : "No: there is no secret"],
    ["Owed", <Moment key="owed" at={it.created_at} as="clock" />],
    ["Delivered", it.delivered_at && <Moment key="done" at={it.delivered_at} as="clock" />],
    ["Next call", it.next_at && <Moment key="next" at={it.next_at} />],
  ] as const;
}
