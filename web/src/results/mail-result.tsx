import { CircleCheck, CircleDashed, Clock, type LucideIcon, OctagonX } from "lucide-react";
import { useMemo } from "react";
import { count } from "~/lib/format.ts";
import { MailFrames } from "~/results/mail-frames.tsx";
import { type Delivery, type MailShape, readMail } from "~/results/mail-shape.ts";
import { Numbers } from "~/results/numbers.tsx";
import type { ResultProps } from "~/results/props.ts";
import { Facts } from "~/ui/facts.tsx";
import { Moment } from "~/ui/moment.tsx";
import { Shown } from "~/ui/shown.tsx";
import { type Column, Table } from "~/ui/table.tsx";

const LOOKS: Readonly<Record<string, readonly [LucideIcon, string]>> = {
  accepted: [CircleCheck, "text-success"],
  rejected: [OctagonX, "text-failed"],
  deferred: [Clock, "text-retrying"],
  skipped: [CircleDashed, "text-soft"],
};

const COLUMNS: readonly Column<Delivery>[] = [
  {
    head: "Recipient",
    width: "w-72",
    cell: ({ recipient }) => (
      <span className="wrap-anywhere">
        <Shown text={recipient} />
      </span>
    ),
  },
  { head: "Outcome", width: "w-32", cell: ({ status }) => <Outcome status={status} /> },
  {
    head: "The server said",
    cell: ({ code, answer }) => (
      <span className="figures text-soft wrap-anywhere">
        {code} <Shown text={answer} />
      </span>
    ),
  },
  { head: "When", width: "w-24", align: "end", cell: ({ at }) => at && <Moment at={at} /> },
];

/** Mail: what became of each recipient, and what they were sent. */
export function MailResult({ job, result }: ResultProps) {
  const mail = useMemo(() => readMail(result), [result]);
  if (!mail) return null;
  return (
    <div className="flex min-w-0 flex-col gap-6">
      <Numbers of={mail.summary.map(([status, n]) => [status, count(n)])} />
      {mail.deliveries.length > 0 ? (
        <Table
          label="Recipients"
          columns={COLUMNS}
          rows={mail.deliveries}
          rowKey={({ recipient }) => recipient}
        />
      ) : (
        <p className="text-soft">Nobody was written to.</p>
      )}
      {mail.kept ? <MailFrames jobId={job.id} /> : <Preview preview={mail.preview} />}
    </div>
  );
}

function Outcome({ status }: { status: string }) {
  const [Icon, tone] = LOOKS[status] ?? [CircleDashed, "text-soft"];
  return (
    <span className={`inline-flex items-center gap-1.5 ${tone}`}>
      <Icon aria-hidden className="size-3.5" strokeWidth={2.25} />
      {status}
    </span>
  );
}

/** The first message as text; what left the machine is not kept here. */
function Preview({ preview }: { preview: MailShape["preview"] }) {
  if (!preview) return null;
  const { from, to, subject, text, attachments } = preview;
  return (
    <section aria-label="First message" className="flex flex-col gap-3">
      <h3 className="font-medium">First message</h3>
      <Facts
        facts={[
          ["From", from && <Shown key="from" text={from} />],
          ["To", to && <Shown key="to" text={to} />],
          ["Subject", subject && <Shown key="subject" text={subject} />],
          ["Attachments", attachments.join(", ")],
        ]}
      />
      <p className="max-w-prose whitespace-pre-wrap wrap-anywhere">
        <Shown text={text} kept={"\n\t"} />
      </p>
    </section>
  );
}
