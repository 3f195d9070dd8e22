import { CircleAlert, CircleCheck, CircleHelp, LoaderCircle } from "lucide-react";
import { count, span } from "~/lib/format.ts";
import type { Checked } from "~/ui/order/use-check.ts";
import { idOf } from "~/ui/schema-form/form.ts";
import { Words } from "~/ui/words.tsx";

/** What the server says would become of this payload. */
export function Verdict({ checked }: { checked: Checked }) {
  return (
    <div role="status" aria-live="polite" className="flex min-h-11 flex-col gap-1">
      <Sentence checked={checked} />
    </div>
  );
}

function Sentence({ checked }: { checked: Checked }) {
  switch (checked.state) {
    case "checking":
      return (
        <p className="flex items-center gap-2 text-soft">
          <LoaderCircle aria-hidden className="size-4 shrink-0 motion-safe:animate-spin" />
          Checking with the server
        </p>
      );
    case "good": {
      const { summary, estimate } = checked.preview;
      const takes = estimate?.seconds == null ? undefined : `about ${span(estimate.seconds)}`;
      return (
        <>
          <p className="flex items-start gap-2">
            <CircleCheck aria-hidden className="mt-0.5 size-4 shrink-0 text-success" />
            <span className="min-w-0 wrap-anywhere font-medium">
              {summary ?? "Ready to submit"}
            </span>
          </p>
          <p className="pl-6 text-soft text-sm">
            {[takes, estimate?.note].filter(Boolean).join(", ") || "No estimate for this one."}
          </p>
        </>
      );
    }
    case "bad":
      return <Faulty checked={checked} />;
    case "unknown":
      return (
        <p className="flex items-start gap-2 text-soft">
          <CircleHelp aria-hidden className="mt-0.5 size-4 shrink-0" />
          <span>Could not be checked: {checked.error.message}</span>
        </p>
      );
  }
}

/** Each fault leads to its field. */
function Faulty({ checked }: { checked: Extract<Checked, { state: "bad" }> }) {
  const faults = [...checked.faults].flatMap(([pointer, said]) =>
    said.map((message) => ({ pointer, message })),
  );
  return (
    <>
      <p className="flex items-start gap-2 font-medium">
        <CircleAlert aria-hidden className="mt-0.5 size-4 shrink-0 text-failed" />
        {faults.length > 1
          ? `${count(faults.length)} things to put right`
          : "Something to put right"}
      </p>
      <ul className="flex flex-col gap-1 pl-6 text-sm">
        {faults.map(({ pointer, message }) => (
          <li key={`${pointer} ${message}`}>
            <button
              type="button"
              onClick={() => reveal(pointer)}
              className="min-h-6 cursor-pointer text-left text-soft underline decoration-hairline underline-offset-2 hover:text-ink hover:decoration-current"
            >
              {!message.includes(lastOf(pointer)) && (
                <code className="figures">{lastOf(pointer)}: </code>
              )}
              <Words text={message} />
            </button>
          </li>
        ))}
      </ul>
    </>
  );
}

/** The name of the field that a pointer ends at. */
function lastOf(pointer: string): string {
  const name = pointer.slice(pointer.lastIndexOf("/") + 1);
  return name.replaceAll("~1", "/").replaceAll("~0", "~");
}

/** Go to the control of a pointer, or of the nearest one around it. */
function reveal(pointer: string): void {
  for (let at = pointer; at !== ""; at = at.slice(0, at.lastIndexOf("/"))) {
    const control = document.getElementById(idOf(at));
    if (control) {
      control.scrollIntoView({ block: "center" });
      control.focus({ preventScroll: true });
      return;
    }
  }
}
