import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { jobTypesQuery, useTypeLimit } from "~/api/job-types.ts";
import type { TypeDescription } from "~/api/schema.ts";
import { count, span } from "~/lib/format.ts";
import { LimitDialog } from "~/queues/limit-dialog.tsx";
import { useUnless } from "~/session/use-session.ts";
import { Asked } from "~/ui/asked.tsx";
import { Button } from "~/ui/button.tsx";
import { Section } from "~/ui/page.tsx";
import { type Column, Table } from "~/ui/table.tsx";

/** How many jobs of each type may run at once; a limit holds across all queues. */
export function TypeLimits() {
  const query = useQuery(jobTypesQuery);
  const [asked, setAsked] = useState<string>();
  const unless = useUnless("control");
  const type = query.data?.items.find((it) => it.name === asked);

  const columns: readonly Column<TypeDescription>[] = [
    {
      head: "Type",
      cell: ({ title, name }) => (
        <>
          {title} <span className="figures text-faint">{name}</span>
        </>
      ),
    },
    {
      head: "Running",
      align: "end",
      phone: "Running",
      cell: ({ running }) => <Figure n={running} />,
    },
    {
      head: "Limit",
      align: "end",
      phone: "Limit",
      cell: ({ concurrency_limit: limit }) => <Figure n={limit} />,
    },
    {
      head: "Per worker",
      align: "end",
      phone: "Per worker",
      spare: true,
      cell: ({ limits }) => <Figure n={limits.concurrency} />,
    },
    {
      head: "Time limit",
      align: "end",
      wide: true,
      cell: ({ limits }) => <span className="figures">{span(limits.timeout_seconds)}</span>,
    },
    {
      head: "Retries",
      align: "end",
      wide: true,
      cell: ({ limits }) => <span className="figures">{limits.max_retries}</span>,
    },
    {
      head: "Actions",
      align: "end",
      place: "corner",
      cell: ({ name, title }) => (
        <Button
          kind="quiet"
          label={`Set limit of ${title}`}
          unless={unless}
          onClick={() => setAsked(name)}
        >
          Set limit
        </Button>
      ),
    },
  ];

  return (
    <Section title="Limits by type" note="Across all queues and workers">
      <Asked query={query} rows={6}>
        {({ items, unavailable }) => (
          <>
            <Table label="Limits by type" columns={columns} rows={items} rowKey={(it) => it.name} />
            {unavailable.map(({ source, name, reason }) => (
              <p key={`${source} ${name}`} className="border-retrying border-l-2 pl-3 text-soft">
                <span className="figures">{name ?? source}</span> is not available: {reason}
              </p>
            ))}
          </>
        )}
      </Asked>
      {type && <OneLimit type={type} onClose={() => setAsked(undefined)} />}
    </Section>
  );
}

function OneLimit({ type, onClose }: { type: TypeDescription; onClose: () => void }) {
  const { mutateAsync } = useTypeLimit(type.name);
  return (
    <LimitDialog
      title={`Limit ${type.title}`}
      limit={type.concurrency_limit}
      running={type.running}
      onClose={onClose}
      onLimit={mutateAsync}
    />
  );
}

function Figure({ n }: { n: number | null }) {
  return n === null ? (
    <span className="text-faint">none</span>
  ) : (
    <span className={`figures ${n === 0 ? "text-faint" : ""}`}>{count(n)}</span>
  );
}
