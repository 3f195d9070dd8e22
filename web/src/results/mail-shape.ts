/** What became of mail, as `email` gives it back. Pure. */
import { amount, each, type Fields, fields, list, words } from "~/results/reading.ts";

export interface Delivery {
  readonly recipient: string;
  readonly status: string;
  readonly code?: number;
  readonly answer: string;
  readonly at?: string;
}

export interface MailShape {
  /** Nothing left the machine: the messages are in the mailbox. */
  readonly kept: boolean;
  readonly deliveries: readonly Delivery[];
  readonly summary: readonly (readonly [string, number])[];
  readonly preview?: {
    readonly from: string;
    readonly to: string;
    readonly subject: string;
    readonly text: string;
    readonly attachments: readonly string[];
  };
}

/** Undefined when the result is not about mail. */
export function readMail(result: Fields): MailShape | undefined {
  if (!list(result.deliveries)) return;
  const preview = fields(result.preview);
  const text = (name: string) => words(preview?.[name]) ?? "";
  return {
    kept: result.transport === "sink",
    deliveries: each(result.deliveries, delivery),
    summary: Object.entries(fields(result.summary) ?? {}).flatMap(([status, value]) => {
      const n = amount(value);
      return n && status !== "total" ? [[status, n] as const] : [];
    }),
    ...(preview
      ? {
          preview: {
            from: text("from"),
            to: text("to"),
            subject: text("subject"),
            text: text("text"),
            attachments: each(preview.attachments, words),
          },
        }
      : {}),
  };
}

function delivery(value: unknown): Delivery | undefined {
  const it = fields(value);
  const [recipient, status] = [words(it?.recipient), words(it?.status)];
  if (!it || recipient === undefined || status === undefined) return;
  const [code, at] = [amount(it.code), words(it.at)];
  return {
    recipient,
    status,
    answer: words(it.message) ?? "",
    ...(code === undefined ? {} : { code }),
    ...(at === undefined || Number.isNaN(Date.parse(at)) ? {} : { at }),
  };
}
