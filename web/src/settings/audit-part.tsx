import { useInfiniteQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { RotateCw } from "lucide-react";
import { useMemo, useState } from "react";
import { type AuditFilters, auditQuery } from "~/api/admin.ts";
import type { AuditRecord } from "~/api/schema.ts";
import { Allowed } from "~/settings/allowed.tsx";
import { AuditDialog } from "~/settings/audit-dialog.tsx";
import { AuditFilterBar } from "~/settings/audit-filter-bar.tsx";
import { type AuditSearch, sinceOf } from "~/settings/search.ts";
import { Button } from "~/ui/button.tsx";
import { Empty } from "~/ui/faces.tsx";
import { Moment } from "~/ui/moment.tsx";
import { Section } from "~/ui/page.tsx";
import { Pages } from "~/ui/pages.tsx";
import { type Column, Table } from "~/ui/table.tsx";

const route = getRouteApi("/settings/audit");

export function AuditPart() {
  return (
    <Allowed permission="audit" title="The audit trail is for admins">
      {() => <Audit />}
    </Allowed>
  );
}

function Audit() {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const filters = useMemo(() => filtersOf(search), [search]);
  const audit = useInfiniteQuery(auditQuery(filters));
  const [open, setOpen] = useState<AuditRecord>();
  return (
    <Section
      title="Audit trail"
      note="Who did what, newest first"
      actions={
        <Button kind="quiet" label="Refresh" onClick={() => void audit.refetch()}>
          <RotateCw aria-hidden className="size-4" strokeWidth={1.75} />
        </Button>
      }
    >
      <AuditFilterBar
        search={search}
        onSearch={(next) => void navigate({ search: next, replace: true })}
      />
      <Pages
        query={audit}
        rows={10}
        empty={
          <Empty title="No entries match">
            <Button onClick={() => void navigate({ search: {} })}>Remove the filters</Button>
          </Empty>
        }
      >
        {(items) => (
          <Table
            label="Audit trail entries"
            columns={COLUMNS}
            rows={items}
            rowKey={(it) => it.id}
            onOpen={setOpen}
          />
        )}
      </Pages>
      <AuditDialog
        record={open}
        onClose={() => setOpen(undefined)}
        onNarrow={(more) => {
          setOpen(undefined);
          void navigate({ search: { ...search, ...more } });
        }}
      />
    </Section>
  );
}

function filtersOf({ action, target, actor, key, ip, within }: AuditSearch): AuditFilters {
  return {
    ...(action ? { action } : {}),
    ...(target ? { target } : {}),
    ...(actor ? { actor_id: actor } : {}),
    ...(key ? { api_key_id: key } : {}),
    ...(ip ? { ip } : {}),
    ...(within ? { since: sinceOf(within, Date.now()) } : {}),
  };
}

const COLUMNS: readonly Column<AuditRecord>[] = [
  {
    head: "Action",
    cell: (it) => <span className="figures font-medium">{it.action}</span>,
  },
  {
    head: "By",
    cell: (it) => (
      <>
        {it.actor ?? <span className="text-faint">nobody</span>}
        {it.api_key_id && <span className="text-faint"> by key</span>}
      </>
    ),
  },
  {
    head: "Target",
    place: "line",
    cell: (it) => (
      <span
        className="figures block max-w-84 truncate text-soft max-md:max-w-[calc(100vw-2rem)]"
        title={it.target ?? undefined}
      >
        {it.target}
      </span>
    ),
  },
  { head: "From", phone: "from", cell: (it) => <span className="figures">{it.ip}</span> },
  { head: "When", align: "end", place: "corner", cell: (it) => <Moment at={it.at} /> },
];
