import { useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { Endpoint } from "~/api/schema.ts";
import { enableEndpoint, endpointsQuery } from "~/api/webhooks.ts";
import { count } from "~/lib/format.ts";
import { Empty, Notice } from "~/ui/faces.tsx";
import { MarkWord } from "~/ui/mark-word.tsx";
import { Moment } from "~/ui/moment.tsx";
import { Pages } from "~/ui/pages.tsx";
import { RowButton } from "~/ui/row-button.tsx";
import { type Column, Table } from "~/ui/table.tsx";
import { useSay } from "~/ui/toast.tsx";
import { receiverLook } from "~/webhooks/looks.ts";

/** Every address that webhooks went to, and how it fares. */
export function Receivers() {
  const receivers = useInfiniteQuery(endpointsQuery);
  const client = useQueryClient();
  const say = useSay();
  const enable = useMutation({
    mutationFn: (it: Endpoint) => enableEndpoint(it.id),
    onSuccess: () => {
      say("The receiver gets webhooks again");
      void client.invalidateQueries({ queryKey: endpointsQuery.queryKey });
    },
  });
  return (
    <div className="flex flex-col gap-3">
      {enable.error && <Notice error={enable.error} />}
      <Pages
        query={receivers}
        rows={5}
        empty={
          <Empty title="No receivers">
            <p>An address appears here with the first webhook that is sent to it.</p>
          </Empty>
        }
      >
        {(items) => (
          <Table
            label="Receivers"
            columns={columnsOf((it) => enable.mutate(it))}
            rows={items}
            rowKey={(it) => it.id}
          />
        )}
      </Pages>
    </div>
  );
}

function columnsOf(onEnable: (receiver: Endpoint) => void): Column<Endpoint>[] {
  return [
    {
      head: "State",
      cell: ({ state, failures, backing_off_until: until, reason }) => {
        const { label, icon, tone } = receiverLook({ state, failures });
        return (
          <span title={reason ?? undefined} className="inline-flex gap-2">
            <MarkWord icon={icon} tone={tone}>
              {label}
            </MarkWord>
            {state === "backing_off" && until && (
              <span className="text-soft">
                tried <Moment at={until} />
              </span>
            )}
          </span>
        );
      },
    },
    {
      head: "Address",
      place: "line",
      cell: (it) => (
        <Link
          to="/webhooks"
          search={{ endpoint: it.id }}
          className="figures block max-w-[34vw] max-md:max-w-[calc(100vw-2rem)] truncate hover:underline"
          title={it.url}
        >
          {it.url}
        </Link>
      ),
    },
    {
      head: "Failures in a row",
      align: "end",
      phone: "failures",
      cell: (it) => <span className="figures">{count(it.failures)}</span>,
    },
    {
      head: "Owed",
      align: "end",
      phone: "owed",
      cell: (it) => <span className="figures">{count(it.pending)}</span>,
    },
    {
      head: "Last success",
      wide: true,
      cell: (it) => it.last_success_at && <Moment at={it.last_success_at} />,
    },
    {
      head: "Last failure",
      wide: true,
      cell: (it) =>
        it.last_failure_at && (
          <>
            <Moment at={it.last_failure_at} />
            {it.reason && <span className="text-soft">, {it.reason}</span>}
          </>
        ),
    },
    {
      head: "Action",
      align: "end",
      place: "corner",
      cell: (it) => it.state !== "ok" && <RowButton onClick={() => onEnable(it)}>Enable</RowButton>,
    },
  ];
}
