import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { endSession, sessionsQuery } from "~/api/account.ts";
import type { EndedSession, SessionView } from "~/api/schema.ts";
import { device } from "~/settings/device.ts";
import { Asked } from "~/ui/asked.tsx";
import { Confirm } from "~/ui/confirm.tsx";
import { Moment } from "~/ui/moment.tsx";
import { Section } from "~/ui/page.tsx";
import { RowButton } from "~/ui/row-button.tsx";
import { type Column, Table } from "~/ui/table.tsx";
import { useSay } from "~/ui/toast.tsx";

const REASONS: Readonly<Record<string, string>> = {
  refresh_reused: "One of its tokens was used twice: it may have been stolen",
  ended_by_owner: "You ended it",
  password_changed: "The password was changed",
  disabled: "The account was disabled",
};

export function SessionsPart() {
  const sessions = useQuery(sessionsQuery);
  const [ending, setEnding] = useState<SessionView>();
  return (
    <>
      <Section title="Signed in" note="Where your account is in use">
        <Asked query={sessions} rows={3}>
          {({ items }) => (
            <Table
              label="Sessions"
              columns={columnsOf(setEnding)}
              rows={items}
              rowKey={(it) => it.id}
            />
          )}
        </Asked>
      </Section>
      {sessions.data !== undefined && sessions.data.ended.length > 0 && (
        <Section title="Ended early" note="In the last 30 days">
          <Table
            label="Ended sessions"
            columns={ENDED}
            rows={sessions.data.ended}
            rowKey={(it) => it.id}
          />
        </Section>
      )}
      <EndDialog session={ending} onClose={() => setEnding(undefined)} />
    </>
  );
}

function EndDialog({
  session,
  onClose,
}: {
  session: SessionView | undefined;
  onClose: () => void;
}) {
  const client = useQueryClient();
  const say = useSay();
  return (
    <Confirm
      open={session !== undefined}
      onOpenChange={(open) => !open && onClose()}
      title={`End the session of ${device(session?.user_agent ?? null)}?`}
      verb="End session"
      danger
      onConfirm={async () => {
        if (session) await endSession(session.id);
        await client.invalidateQueries({ queryKey: sessionsQuery.queryKey });
        say("Session ended");
      }}
    >
      <p className="text-soft">It is signed out within seconds, open pages included.</p>
    </Confirm>
  );
}

function columnsOf(onEnd: (session: SessionView) => void): Column<SessionView>[] {
  return [
    {
      head: "Program",
      cell: (it) => <span title={it.user_agent ?? undefined}>{device(it.user_agent)}</span>,
    },
    {
      head: "Address",
      phone: "from",
      cell: (it) => <span className="figures">{it.ip}</span>,
    },
    { head: "Signed in", wide: true, cell: (it) => <Moment at={it.created_at} /> },
    { head: "Last used", phone: "used", cell: (it) => <Moment at={it.last_used_at} /> },
    { head: "Ends", wide: true, cell: (it) => <Moment at={it.expires_at} as="clock" /> },
    {
      head: "Action",
      align: "end",
      place: "corner",
      cell: (it) =>
        it.current ? (
          <span className="inline-flex h-8 items-center font-medium">This one</span>
        ) : (
          <RowButton onClick={() => onEnd(it)}>End</RowButton>
        ),
    },
  ];
}

const ENDED: readonly Column<EndedSession>[] = [
  {
    head: "Program",
    cell: (it) => <span title={it.user_agent ?? undefined}>{device(it.user_agent)}</span>,
  },
  { head: "Address", phone: "from", cell: (it) => <span className="figures">{it.ip}</span> },
  { head: "Ended", cell: (it) => <Moment at={it.ended_at} /> },
  { head: "Why", place: "line", cell: (it) => REASONS[it.reason] ?? it.reason },
];
