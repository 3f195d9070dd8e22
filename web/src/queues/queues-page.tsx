import { Page } from "~/ui/page.tsx";

export function QueuesPage() {
  return <Page title="Queues">{null}</Page>;
}
