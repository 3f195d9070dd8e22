import { queryOptions, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { body, http } from "~/api/client.ts";
import { messageQuery } from "~/api/mailbox.ts";
import type { MailItem } from "~/api/schema.ts";
import { Failure, Notice, Skeleton } from "~/ui/faces.tsx";
import { MailFrame } from "~/ui/mail-frame.tsx";
import { Select } from "~/ui/select.tsx";
import { Shown } from "~/ui/shown.tsx";

const MOST = 100;

function messagesQuery(jobId: string) {
  return queryOptions({
    queryKey: ["mailbox", "of job", jobId],
    queryFn: ({ signal }) =>
      body(
        http.GET("/api/v1/mailbox", {
          params: { query: { job_id: jobId, limit: MOST } },
          signal,
        }),
      ),
  });
}

/** The messages of a job that the sink kept, one at a time, as a mail program would show them. */
export function MailFrames({ jobId }: { jobId: string }) {
  const messages = useQuery(messagesQuery(jobId));
  const [chosen, setChosen] = useState<string>();
  const items = messages.data?.items ?? [];
  const mail = items.find(({ id }) => id === chosen) ?? items.at(-1);
  return (
    <section aria-label="Messages" className="flex flex-col gap-3">
      <div className="flex flex-wrap items-center gap-3">
        <h3 className="font-medium">Messages</h3>
        {mail && items.length > 1 && (
          <Select
            label="Message to"
            value={mail.id}
            options={items.map(({ id, recipient }) => ({ value: id, label: recipient }))}
            onValue={setChosen}
          />
        )}
      </div>
      {messages.isPending && <Skeleton rows={6} />}
      {messages.isError && (
        <Failure error={messages.error} onRetry={() => void messages.refetch()} />
      )}
      {messages.isSuccess && !mail && (
        <p className="text-soft">The mailbox has been emptied since.</p>
      )}
      {mail && <Message key={mail.id} mail={mail} />}
    </section>
  );
}

function Message({ mail }: { mail: MailItem }) {
  const message = useQuery(messageQuery(mail.id));
  return (
    <article className="flex flex-col gap-2">
      <p className="font-medium wrap-anywhere">
        <Shown text={mail.subject} />
      </p>
      <p className="text-soft wrap-anywhere">
        <Shown text={`${mail.sender} to ${mail.recipient}`} />
      </p>
      {message.isPending && <Skeleton rows={6} />}
      {message.isError && <Notice error={message.error} />}
      {message.data &&
        (message.data.parts.html === null ? (
          <p className="max-w-prose whitespace-pre-wrap wrap-anywhere">
            <Shown text={message.data.parts.text ?? ""} kept={"\n\t"} />
          </p>
        ) : (
          <MailFrame mail={mail} />
        ))}
    </article>
  );
}
