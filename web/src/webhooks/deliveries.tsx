import { useInfiniteQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useState } from "react";
import type { Delivery, DeliveryStatus } from "~/api/schema.ts";
import { deliveriesQuery } from "~/api/webhooks.ts";
import { useRefresh } from "~/live/use-refresh.ts";
import { Button } from "~/ui/button.tsx";
import { Empty } from "~/ui/faces.tsx";
import { MarkWord } from "~/ui/mark-word.tsx";
import { Moment } from "~/ui/moment.tsx";
import { Pages } from "~/ui/pages.tsx";
import { Select } from "~/ui/select.tsx";
import { type Column, Table } from "~/ui/table.tsx";
import { lastAnswer } from "~/webhooks/answer.ts";
import { DeliveryDialog } from "~/webhooks/delivery-dialog.tsx";
import { DELIVERY_LOOKS } from "~/webhooks/looks.ts";
import { RedeliverDialog } from "~/webhooks/redeliver-dialog.tsx";
import { DELIVERY_STATUSES } from "~/webhooks/search.ts";

const route = getRouteApi("/webhooks");
const REFRESH_MS = 5_000;
const STATES: readonly { value: DeliveryStatus | "any"; label: string }[] = [
  { value: "any", label: "Any state" },
  ...DELIVERY_STATUSES.map((it) => ({ value: it, label: DELIVERY_LOOKS[it].label })),
];

export function Deliveries() {
  const { status, endpoint, job } = route.useSearch();
  const navigate = route.useNavigate();
  const filters = {
    ...(status ? { status } : {}),
    ...(endpoint ? { endpoint } : {}),
    ...(job ? { job_id: job } : {}),
  };
  const deliveries = useInfiniteQuery(deliveriesQuery(filters));
  // A webhook is owed when a job ends, and no frame tells of its delivery.
  useRefresh(["webhooks", "deliveries"], (it) => it.event in ENDS, REFRESH_MS);
  const [open, setOpen] = useState<string>();
  const [sending, setSending] = useState(false);
  const narrowed = Boolean(status || endpoint || job);
  const everything = () => void navigate({ search: {} });
  const shown = deliveries.data?.pages.flatMap((it) => it.items).find((it) => it.id === open);
  return (
    <div className="flex flex-col gap-3">
      <div className="flex flex-wrap items-center gap-2">
        <Select
          label="State"
          options={STATES}
          value={status ?? "any"}
          onValue={(value) =>
            void navigate({
              search: (now) => ({ ...now, status: value === "any" ? undefined : value }),
            })
          }
        />
        {(endpoint || job) && (
          <Button kind="quiet" onClick={everything}>
            {endpoint ? "One receiver" : "One job"}: show all
          </Button>
        )}
        <span className="ml-auto" />
        <Button onClick={() => setSending(true)}>Redeliver a time range</Button>
      </div>
      <Pages
        query={deliveries}
        rows={8}
        empty={
          narrowed ? (
            <Empty title="No delivery matches">
              <Button onClick={everything}>Remove the filters</Button>
            </Empty>
          ) : (
            <Empty title="No webhooks yet">
              <p>
                A job with a <span className="figures">webhook_url</span> reports its end to that
                address. Send a test to see one.
              </p>
            </Empty>
          )
        }
      >
        {(items) => (
          <Table
            label="Deliveries"
            columns={COLUMNS}
            rows={items}
            rowKey={(it) => it.id}
            onOpen={(it) => setOpen(it.id)}
          />
        )}
      </Pages>
      <DeliveryDialog delivery={shown} onClose={() => setOpen(undefined)} />
      <RedeliverDialog open={sending} endpoint={endpoint} onClose={() => setSending(false)} />
    </div>
  );
}

const ENDS = { job_success: true, job_failed: true, job_cancelled: true };

const COLUMNS: readonly Column<Delivery>[] = [
  {
    head: "State",
    cell: ({ status }) => {
      const { label, icon, tone } = DELIVERY_LOOKS[status];
      return (
        <MarkWord icon={icon} tone={tone}>
          {label}
        </MarkWord>
      );
    },
  },
  {
    head: "Receiver",
    place: "line",
    cell: (it) => (
      <span
        className="figures block max-w-[34vw] max-md:max-w-[calc(100vw-2rem)] truncate"
        title={it.url}
      >
        {it.url}
      </span>
    ),
  },
  { head: "Event", cell: (it) => <span className="figures">{it.event}</span> },
  {
    head: "Job",
    wide: true,
    cell: (it) => (
      <Link
        to="/jobs/$jobId"
        params={{ jobId: it.job_id }}
        className="figures text-soft hover:text-ink hover:underline"
      >
        {it.job_id.slice(-8)}
      </Link>
    ),
  },
  {
    head: "Attempts",
    align: "end",
    phone: "attempts",
    cell: (it) => <span className="figures">{it.attempts}</span>,
  },
  {
    head: "Last response",
    cell: (it) => lastAnswer(it) ?? <span className="text-faint">None</span>,
  },
  {
    head: "Next attempt",
    wide: true,
    cell: (it) => it.next_at && <Moment at={it.next_at} />,
  },
  { head: "Created", align: "end", place: "corner", cell: (it) => <Moment at={it.created_at} /> },
];
