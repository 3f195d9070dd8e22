import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { keysQuery, revokeKey } from "~/api/account.ts";
import type { KeyView } from "~/api/schema.ts";
import { inWords } from "~/settings/key-scope.ts";
import { NewKey } from "~/settings/new-key.tsx";
import { Asked } from "~/ui/asked.tsx";
import { Button } from "~/ui/button.tsx";
import { Confirm } from "~/ui/confirm.tsx";
import { Empty } from "~/ui/faces.tsx";
import { Moment } from "~/ui/moment.tsx";
import { Section } from "~/ui/page.tsx";
import { RowButton } from "~/ui/row-button.tsx";
import { type Column, Table } from "~/ui/table.tsx";
import { useSay } from "~/ui/toast.tsx";

export function KeysPart() {
  const keys = useQuery(keysQuery);
  const client = useQueryClient();
  const say = useSay();
  const [making, setMaking] = useState(false);
  const [revoking, setRevoking] = useState<KeyView>();
  return (
    <Section
      title="API keys"
      note="Sent by programs as X-API-Key"
      actions={
        <Button kind="primary" onClick={() => setMaking(true)}>
          Make a key
        </Button>
      }
    >
      <Asked query={keys} rows={4}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty title="No API keys">
              <p>A key lets a program act for you, with only the permissions it needs.</p>
            </Empty>
          ) : (
            <Table
              label="API keys"
              columns={columnsOf(setRevoking)}
              rows={items}
              rowKey={(it) => it.id}
            />
          )
        }
      </Asked>
      <NewKey open={making} onClose={() => setMaking(false)} />
      <Confirm
        open={revoking !== undefined}
        onOpenChange={(open) => !open && setRevoking(undefined)}
        title={`Revoke ${revoking?.name ?? "the key"}?`}
        verb="Revoke key"
        danger
        onConfirm={async () => {
          if (revoking) await revokeKey(revoking.id);
          await client.invalidateQueries({ queryKey: keysQuery.queryKey });
          say("Key revoked");
        }}
      >
        <p className="text-soft">
          Programs that use it are refused within seconds. It cannot be brought back.
        </p>
      </Confirm>
    </Section>
  );
}

function columnsOf(onRevoke: (key: KeyView) => void): Column<KeyView>[] {
  return [
    {
      head: "Name",
      cell: (it) => (
        <span className="font-medium wrap-anywhere">
          {it.name}
          {it.is_default && <span className="font-normal text-faint"> default</span>}
        </span>
      ),
    },
    { head: "Begins with", cell: (it) => <span className="figures">{it.prefix}…</span> },
    {
      head: "May",
      place: "line",
      cell: (it) => <span className="text-soft">{inWords(it.scope)}</span>,
    },
    {
      head: "Last used",
      phone: "used",
      cell: (it) => (it.last_used_at ? <Moment at={it.last_used_at} /> : "Never"),
    },
    {
      head: "Expires",
      phone: "expires",
      cell: (it) => (it.expires_at ? <Moment at={it.expires_at} as="clock" /> : "Never"),
    },
    {
      head: "Action",
      align: "end",
      place: "corner",
      cell: (it) => <RowButton onClick={() => onRevoke(it)}>Revoke</RowButton>,
    },
  ];
}
