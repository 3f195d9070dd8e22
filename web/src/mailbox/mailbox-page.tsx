import { useInfiniteQuery, useQuery, useQueryClient } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { Trash2 } from "lucide-react";
import { useState } from "react";
import { installationQuery } from "~/api/installation.ts";
import { emptyMailbox, mailQuery } from "~/api/mailbox.ts";
import { count } from "~/lib/format.ts";
import { useRefresh } from "~/live/use-refresh.ts";
import { MailFilterBar } from "~/mailbox/mail-filter-bar.tsx";
import { MailList } from "~/mailbox/mail-list.tsx";
import { MailReader } from "~/mailbox/mail-reader.tsx";
import { useUnless } from "~/session/use-session.ts";
import { Button } from "~/ui/button.tsx";
import { Confirm } from "~/ui/confirm.tsx";
import { Empty } from "~/ui/faces.tsx";
import { PageHead } from "~/ui/page.tsx";
import { Pages } from "~/ui/pages.tsx";
import { Panel } from "~/ui/panel.tsx";
import { useSay } from "~/ui/toast.tsx";

const route = getRouteApi("/mailbox");
const REFRESH_MS = 5_000;

export function MailboxPage() {
  const { mail, q, recipient } = route.useSearch();
  const navigate = route.useNavigate();
  const client = useQueryClient();
  const say = useSay();
  const unless = useUnless("act");
  const [emptying, setEmptying] = useState(false);
  const filters = { ...(q ? { q } : {}), ...(recipient ? { recipient } : {}) };
  const list = useInfiniteQuery(mailQuery(filters));
  // A message comes with the end of the job that sent it.
  useRefresh(["mailbox", "list"], (it) => it.event === "job_success", REFRESH_MS);
  const sink = useQuery(installationQuery).data?.features.mail_sink;
  return (
    <div className="flex h-full">
      <div className="min-w-0 flex-1 overflow-auto">
        <div className="mx-auto flex max-w-400 flex-col gap-5 px-4 pt-5 pb-12 md:px-6">
          <PageHead
            title="Mailbox"
            note="Mail that jobs sent, kept here instead of going out"
            actions={
              <Button onClick={() => setEmptying(true)} unless={unless}>
                <Trash2 aria-hidden className="size-4" strokeWidth={1.75} />
                Empty
              </Button>
            }
          />
          {sink === false && (
            <p className="border-retrying border-l-2 pl-3">
              Mail goes to a server now; nothing new comes here.
            </p>
          )}
          <MailFilterBar
            q={q ?? ""}
            recipient={recipient ?? ""}
            onChange={(next) => void navigate({ search: (now) => ({ ...now, ...next }) })}
          />
          <Pages
            query={list}
            rows={8}
            empty={
              q || recipient ? (
                <Empty title="No message matches">
                  <Button onClick={() => void navigate({ search: {} })}>Show all messages</Button>
                </Empty>
              ) : (
                <Empty title="No messages">
                  <p>
                    An <span className="figures">email</span> job puts one here for each recipient.
                  </p>
                </Empty>
              )
            }
          >
            {(items) => (
              <MailList
                items={items}
                current={mail}
                onOpen={(id) => void navigate({ search: (now) => ({ ...now, mail: id }) })}
              />
            )}
          </Pages>
        </div>
      </div>
      {mail && (
        <Panel
          label="Message"
          onClose={() =>
            void navigate({ search: (now) => ({ ...now, mail: undefined, view: undefined }) })
          }
        >
          <MailReader key={mail} id={mail} />
        </Panel>
      )}
      <Confirm
        open={emptying}
        onOpenChange={setEmptying}
        title="Empty the mailbox?"
        verb="Delete all messages"
        danger
        onConfirm={async () => {
          const { deleted } = await emptyMailbox();
          await navigate({ search: {} });
          await client.invalidateQueries({ queryKey: ["mailbox"] });
          say(`${count(deleted)} messages deleted`);
        }}
      >
        <p className="text-soft">Every message goes, for everyone. Jobs and their results stay.</p>
      </Confirm>
    </div>
  );
}
