import { Link } from "@tanstack/react-router";
import { Failure } from "~/ui/faces.tsx";
import { Page } from "~/ui/page.tsx";

/** No page has this address. */
export function NotFound() {
  return (
    <Page title="There is no such page">
      <p className="max-w-prose text-soft">
        The address may be mistyped, or from another version.{" "}
        <Link to="/" className="text-ember underline">
          Go to the overview
        </Link>
        , or press Ctrl K to find a page or a job.
      </p>
    </Page>
  );
}

/** A page that failed; the rail still works. */
export function Broken({ error, reset }: { error: unknown; reset: () => void }) {
  return (
    <Page title="This page could not be shown">
      <Failure error={error instanceof Error ? error : new Error(String(error))} onRetry={reset} />
    </Page>
  );
}
