import type { ReactNode } from "react";
import type { JsonObject } from "~/lib/json.ts";
import { useUnless } from "~/session/use-session.ts";
import { SnippetPanel } from "~/submit/snippet-panel.tsx";
import { Button } from "~/ui/button.tsx";
import { Notice } from "~/ui/faces.tsx";
import type { Checked } from "~/ui/order/use-check.ts";
import { Verdict } from "~/ui/order/verdict.tsx";

interface Props {
  readonly order: JsonObject;
  readonly repeats: boolean;
  readonly checked: Checked;
  /** Nothing has been filled in yet, so nothing is wrong. */
  readonly quiet: boolean;
  /** Why it cannot be sent now. */
  readonly unless: string | undefined;
  readonly error: Error | undefined;
  readonly onSubmit: (stay: boolean) => void;
  /** What has been made from here. */
  readonly children: ReactNode;
}

/** What will come of the form, and the buttons that make it so. */
export function Outlook(props: Props) {
  const { order, repeats, checked, quiet, error, onSubmit, children } = props;
  const forbidden = useUnless(repeats ? "schedule" : "submit");
  const unless = forbidden ?? props.unless;
  return (
    <aside
      aria-label="What will happen"
      className="flex min-w-0 flex-col gap-5 border-hairline max-lg:border-t max-lg:pt-6 lg:sticky lg:top-5 lg:border-l lg:pl-6"
    >
      {quiet && checked.state === "bad" ? (
        <p className="min-h-11 text-soft">Fill in the form, or begin with an example.</p>
      ) : (
        <Verdict checked={checked} />
      )}
      <div className="flex flex-wrap gap-2">
        <Button kind="primary" unless={unless} onClick={() => onSubmit(false)}>
          {repeats ? "Make the schedule" : "Submit job"}
        </Button>
        <Button unless={unless} onClick={() => onSubmit(true)}>
          {repeats ? "Make and stay" : "Submit and stay"}
        </Button>
      </div>
      {forbidden && <p className="text-soft text-sm">{forbidden}</p>}
      {error && <Notice error={error} />}
      <div role="status" className="flex flex-col gap-1 empty:hidden">
        {children}
      </div>
      {!repeats && <SnippetPanel order={order} />}
    </aside>
  );
}
