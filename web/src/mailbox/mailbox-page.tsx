import { Page } from "~/ui/page.tsx";

export function MailboxPage() {
  return <Page title="Mailbox">{null}</Page>;
}
