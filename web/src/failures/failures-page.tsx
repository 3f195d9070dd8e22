import { Page } from "~/ui/page.tsx";

export function FailuresPage() {
  return <Page title="Failures">{null}</Page>;
}
