import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { Away, isGone } from "~/shell/lost-piece.ts";
import { Button } from "~/ui/button.tsx";
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
  if (isGone(error)) {
    return (
      <Reload title="A new version is here">
        TaskForge was updated while this tab was open, and the page needs code that is gone.
      </Reload>
    );
  }
  if (error instanceof Away) return <Reload title="The page did not come">{error.message}</Reload>;
  return (
    <Page title="This page could not be shown">
      <Failure error={error instanceof Error ? error : new Error(String(error))} onRetry={reset} />
    </Page>
  );
}

function Reload({ title, children }: { title: string; children: ReactNode }) {
  return (
    <Page title={title}>
      <div className="flex flex-col items-start gap-4">
        <p className="max-w-prose text-soft">{children}</p>
        <Button kind="primary" onClick={() => location.reload()}>
          Reload
        </Button>
      </div>
    </Page>
  );
}
