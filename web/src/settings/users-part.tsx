import { useInfiniteQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useState } from "react";
import { usersQuery } from "~/api/admin.ts";
import type { Account } from "~/api/schema.ts";
import { count } from "~/lib/format.ts";
import { Allowed } from "~/settings/allowed.tsx";
import { UserDialog } from "~/settings/user-dialog.tsx";
import { Empty } from "~/ui/faces.tsx";
import { Find } from "~/ui/find.tsx";
import { Moment } from "~/ui/moment.tsx";
import { Section } from "~/ui/page.tsx";
import { Pages } from "~/ui/pages.tsx";
import { RowButton } from "~/ui/row-button.tsx";
import { type Column, Table } from "~/ui/table.tsx";

const route = getRouteApi("/settings/users");

export function UsersPart() {
  return (
    <Allowed permission="users" title="Accounts are for admins">
      {() => <Users />}
    </Allowed>
  );
}

function Users() {
  const { find } = route.useSearch();
  const navigate = route.useNavigate();
  const users = useInfiniteQuery(usersQuery);
  const [changing, setChanging] = useState<Account>();
  return (
    <Section
      title="Accounts"
      actions={
        <Find
          label="Find an account"
          value={find ?? ""}
          onValue={(value) =>
            void navigate({ search: value ? { find: value } : {}, replace: true })
          }
        />
      }
    >
      <Pages query={users} rows={6} empty={<Empty title="No accounts" />}>
        {(items) => {
          const shown = items.filter((it) => matches(it, find));
          return shown.length === 0 ? (
            <Empty title={`Nobody is called ${find}`}>
              <p>Only the accounts loaded so far were searched.</p>
            </Empty>
          ) : (
            <Table
              label="Accounts"
              columns={columnsOf(setChanging)}
              rows={shown}
              rowKey={(it) => it.id}
              onOpen={setChanging}
            />
          );
        }}
      </Pages>
      {changing && (
        <UserDialog key={changing.id} account={changing} onClose={() => setChanging(undefined)} />
      )}
    </Section>
  );
}

function matches({ username, email }: Account, find: string | undefined): boolean {
  const words = find?.toLowerCase() ?? "";
  return username.toLowerCase().includes(words) || email.toLowerCase().includes(words);
}

function columnsOf(onChange: (account: Account) => void): Column<Account>[] {
  return [
    {
      head: "Name",
      cell: (it) => (
        <span className={`font-medium ${it.active ? "" : "text-faint line-through"}`}>
          {it.username}
        </span>
      ),
    },
    { head: "E-mail", cell: (it) => <span className="text-soft">{it.email}</span> },
    { head: "Role", cell: (it) => it.role },
    { head: "State", cell: (it) => (it.active ? "Active" : "Disabled") },
    {
      head: "Request limit",
      align: "end",
      wide: true,
      cell: (it) =>
        it.rate_limit === null ? (
          <span className="text-faint">installation's</span>
        ) : (
          <span className="figures">{count(it.rate_limit)}</span>
        ),
    },
    { head: "Since", wide: true, cell: (it) => <Moment at={it.created_at} /> },
    {
      head: "Action",
      align: "end",
      place: "corner",
      cell: (it) => <RowButton onClick={() => onChange(it)}>Change</RowButton>,
    },
  ];
}
