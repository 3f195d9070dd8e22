import { useQueryClient } from "@tanstack/react-query";
import { CircleCheck, CircleDashed, CircleOff, OctagonX } from "lucide-react";
import { useState } from "react";
import { jobQuery, redeliver } from "~/api/job.ts";
import type { DeliveryRecord, DeliveryStatus, JobDetail } from "~/api/schema.ts";
import { useUnless } from "~/session/use-session.ts";
import { Button } from "~/ui/button.tsx";
import { Empty, Notice } from "~/ui/faces.tsx";
import { Moment } from "~/ui/moment.tsx";
import { Shown } from "~/ui/shown.tsx";
import { Table } from "~/ui/table.tsx";
import { useSay } from "~/ui/toast.tsx";

const LOOKS = {
  pending: { label: "Pending", icon: CircleDashed, tone: "text-queued" },
  delivered: { label: "Delivered", icon: CircleCheck, tone: "text-success" },
  failed: { label: "Failed", icon: OctagonX, tone: "text-failed" },
  disabled: { label: "Disabled", icon: CircleOff, tone: "text-cancelled" },
} satisfies Record<DeliveryStatus, unknown>;

/** The webhook calls that the job owes or made. */
export function DeliveryList({ job }: { job: JobDetail }) {
  const client = useQueryClient();
  const say = useSay();
  const unless = useUnless("webhooks");
  const [refusal, setRefusal] = useState<Error>();

  async function again(id: string): Promise<void> {
    setRefusal(undefined);
    try {
      await redeliver(id);
      say("It is called again");
      await client.invalidateQueries({ queryKey: jobQuery(job.id).queryKey });
    } catch (cause) {
      setRefusal(cause instanceof Error ? cause : new Error(String(cause)));
    }
  }

  if (job.webhooks.length === 0) {
    return (
      <Empty title={job.webhook_url ? "No call yet" : "It calls nobody"}>
        <p className="max-w-prose wrap-anywhere">
          {job.webhook_url ? (
            <>
              When it ends, <Shown text={job.webhook_url} /> is called.
            </>
          ) : (
            "Give a job a webhook URL when you submit it, and it is called when the job ends."
          )}
        </p>
      </Empty>
    );
  }
  return (
    <div className="flex flex-col gap-3">
      {refusal && <Notice error={refusal} />}
      <Table
        label="Webhook calls"
        rows={job.webhooks}
        rowKey={(it) => it.id}
        columns={[
          { head: "Status", width: "w-32", cell: ({ status }) => <State status={status} /> },
          {
            head: "Event",
            width: "w-32",
            cell: (it) => <span className="figures">{it.event}</span>,
          },
          {
            head: "Address",
            cell: ({ url }) => (
              <span className="figures wrap-anywhere">
                <Shown text={url} />
              </span>
            ),
          },
          { head: "Answer", width: "w-36", cell: (it) => <Answer delivery={it} /> },
          {
            head: "Calls",
            width: "w-14",
            align: "end",
            cell: (it) => <span className="figures">{it.attempts}</span>,
          },
          { head: "When", width: "w-40", cell: (it) => <When delivery={it} /> },
          {
            head: "Do",
            width: "w-28",
            align: "end",
            cell: ({ id }) => (
              <Button kind="quiet" onClick={() => void again(id)} unless={unless}>
                Call again
              </Button>
            ),
          },
        ]}
      />
    </div>
  );
}

function State({ status }: { status: DeliveryStatus }) {
  const { label, icon: Icon, tone } = LOOKS[status];
  return (
    <span className={`inline-flex items-center gap-1.5 ${tone}`}>
      <Icon aria-hidden className="size-3.5" strokeWidth={2.25} />
      {label}
    </span>
  );
}

function Answer({ delivery: { last_status, last_error, signed } }: { delivery: DeliveryRecord }) {
  return (
    <span>
      <span className="figures">{last_status ?? last_error ?? ""}</span>
      {signed === false && <span className="text-soft">, unsigned</span>}
    </span>
  );
}

function When({ delivery: { delivered_at, next_at, created_at } }: { delivery: DeliveryRecord }) {
  if (delivered_at) return <Moment at={delivered_at} />;
  return next_at ? (
    <span className="text-soft">
      next <Moment at={next_at} />
    </span>
  ) : (
    <Moment at={created_at} />
  );
}
