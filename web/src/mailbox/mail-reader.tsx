import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { Paperclip } from "lucide-react";
import { messageQuery } from "~/api/mailbox.ts";
import type { MailDetail } from "~/api/schema.ts";
import { bytes } from "~/lib/format.ts";
import { MailSource } from "~/mailbox/mail-source.tsx";
import type { MailView } from "~/mailbox/search.ts";
import { Asked } from "~/ui/asked.tsx";
import { Facts } from "~/ui/facts.tsx";
import { MailFrame } from "~/ui/mail-frame.tsx";
import { Moment } from "~/ui/moment.tsx";
import { Tabs } from "~/ui/tabs.tsx";

const route = getRouteApi("/mailbox");

/** One message, as people read it and as it was sent. */
export function MailReader({ id }: { id: string }) {
  const message = useQuery(messageQuery(id));
  return (
    <div className="flex flex-col gap-4 px-4 pt-4 pb-10 md:px-6">
      <Asked query={message} rows={8}>
        {(mail) => <Shown mail={mail} />}
      </Asked>
    </div>
  );
}

function Shown({ mail }: { mail: MailDetail }) {
  const { view } = route.useSearch();
  const navigate = route.useNavigate();
  const { parts } = mail;
  const best: MailView = parts.html ? "html" : "text";
  return (
    <>
      <h2 className="pr-10 font-semibold text-lg wrap-anywhere">{mail.subject || "No subject"}</h2>
      <Facts facts={factsOf(mail)} />
      {parts.truncated && (
        <p className="border-retrying border-l-2 pl-3">
          More than is shown, or broken: the source has all of it.
        </p>
      )}
      <Tabs
        label="Message"
        open={view ?? best}
        onOpen={(name) =>
          void navigate({
            search: (now) => ({ ...now, view: name === best ? undefined : name }),
            replace: true,
          })
        }
        tabs={[
          ...(parts.html
            ? [{ name: "html" as const, label: "HTML", content: () => <MailFrame mail={mail} /> }]
            : []),
          { name: "text", label: "Text", content: () => <Plain text={parts.text} /> },
          { name: "headers", label: "Headers", content: () => <Headers mail={mail} /> },
          { name: "source", label: "Source", content: () => <MailSource id={mail.id} /> },
        ]}
      />
      {parts.attachments.length > 0 && (
        <ul aria-label="Attachments" className="flex flex-col">
          {parts.attachments.map((it, place) => (
            <li
              // biome-ignore lint/suspicious/noArrayIndexKey: two attachments may be alike
              key={place}
              className="flex min-h-9 items-center gap-2 border-hairline border-b"
            >
              <Paperclip aria-hidden className="size-3.5 text-faint" />
              <span className="min-w-0 truncate">{it.filename}</span>
              <span className="text-faint">{it.media_type}</span>
              <span className="figures ml-auto whitespace-nowrap">{bytes(it.size_bytes)}</span>
            </li>
          ))}
        </ul>
      )}
    </>
  );
}

function factsOf(mail: MailDetail) {
  return [
    ["From", mail.sender],
    ["To", mail.recipient],
    ["When", <Moment key="at" at={mail.at} as="clock" />],
    [
      "Job",
      mail.job_id && (
        <Link
          key="job"
          to="/jobs/$jobId"
          params={{ jobId: mail.job_id }}
          className="figures text-ember hover:underline"
        >
          {mail.job_id}
        </Link>
      ),
    ],
  ] as const;
}

function Plain({ text }: { text: string | null }) {
  if (!text) return <p className="text-soft">This message has no text part.</p>;
  return <p className="whitespace-pre-wrap wrap-anywhere">{text}</p>;
}

function Headers({ mail }: { mail: MailDetail }) {
  return (
    <dl className="figures flex flex-col gap-1.5 text-sm">
      {mail.parts.headers.map((it, place) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a header may come twice, and its place is what it is
        <div key={place}>
          <dt className="text-faint">{it.name}</dt>
          <dd className="wrap-anywhere">{it.value}</dd>
        </div>
      ))}
    </dl>
  );
}
