import { Link, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import type { TypeDescription } from "~/api/schema.ts";
import type { JsonObject } from "~/lib/json.ts";
import { CloneNote } from "~/submit/clone-note.tsx";
import { keep, type Memory } from "~/submit/memory.ts";
import { Outlook } from "~/submit/outlook.tsx";
import { TypeHead } from "~/submit/type-head.tsx";
import { type Made, useSubmission } from "~/submit/use-submission.ts";
import { type Draft, orderOf, planOf } from "~/submit/when.ts";
import { WhenFields } from "~/submit/when-fields.tsx";
import { bothFaults, faultsBelow, faultsOf, NO_FAULTS } from "~/ui/order/faults.ts";
import { BASIC_OPTIONS, orderSchema } from "~/ui/order/options.ts";
import { PayloadEditor, type PayloadView } from "~/ui/order/payload-editor.tsx";
import { checkedFaults, useCheck } from "~/ui/order/use-check.ts";
import { Section } from "~/ui/page.tsx";
import { SchemaForm } from "~/ui/schema-form/schema-form.tsx";
import { Segments } from "~/ui/segments.tsx";

interface Props {
  readonly type: TypeDescription;
  readonly types: readonly TypeDescription[];
  readonly begin: Memory;
  /** Begin anew, with what the address says by then. */
  readonly onBegin: () => void;
  readonly original?: { readonly id: string; readonly payload: JsonObject };
  readonly view: PayloadView;
  readonly onView: (view: PayloadView) => void;
}

const VIEWS = [
  { value: "form", label: "Form" },
  { value: "json", label: "JSON" },
] as const;

export function SubmitForm({ type, types, begin, onBegin, original, view, onView }: Props) {
  const navigate = useNavigate();
  const [draft, setDraft] = useState<Draft>({ ...begin, when: { kind: "now" } });
  const [touched, setTouched] = useState(false);
  const [whole, setWhole] = useState(true);
  const [made, setMade] = useState<readonly Made[]>([]);
  const checked = useCheck(type.name, draft.payload);
  const { send, busy, error } = useSubmission();
  const repeats = draft.when.kind === "repeat";
  const order = repeats ? planOf(type.name, draft) : orderOf(type.name, draft);
  const refused = faultsOf(error);
  // The template of a schedule is the order, one step further in.
  const faults = repeats ? faultsBelow(refused, "/template") : refused;
  // What has not been filled in yet is no fault of anybody's.
  const shown = touched || original ? checkedFaults(checked) : NO_FAULTS;

  function change(part: Partial<Draft>): void {
    setDraft({ ...draft, ...part });
    setTouched(true);
  }

  /** A form shows what stood there when the JSON was whole. */
  function look(next: PayloadView): void {
    setWhole(true);
    onView(next);
  }

  async function submit(stay: boolean): Promise<void> {
    setTouched(true);
    if (!whole) return;
    const done = await send(repeats ? "schedule" : "job", order);
    if (!done) return;
    keep(type, draft);
    if (stay) setMade([done, ...made]);
    else if (done.kind === "job") {
      await navigate({ to: "/jobs/$jobId", params: { jobId: done.id } });
    } else await navigate({ to: "/schedules", search: { schedule: done.id } });
  }

  return (
    <div className="grid items-start gap-x-12 gap-y-8 lg:grid-cols-[minmax(0,1fr)_22rem]">
      <form
        aria-label={type.title}
        className="flex min-w-0 flex-col gap-8"
        onSubmit={(event) => {
          event.preventDefault();
          void submit(false);
        }}
      >
        <TypeHead type={type} types={types} onBegin={onBegin} />
        {original && (
          <CloneNote {...original} original={original.payload} payload={draft.payload} />
        )}
        <Section
          title="Payload"
          actions={<Segments label="Shown as" options={VIEWS} value={view} onValue={look} />}
        >
          <div className="pt-2">
            <PayloadEditor
              type={type}
              payload={draft.payload}
              onPayload={(payload) => change({ payload })}
              faults={bothFaults(faults, shown)}
              view={view}
              onWhole={setWhole}
            />
          </div>
        </Section>
        <Section title="When">
          <WhenFields when={draft.when} onWhen={(when) => change({ when })} faults={refused} />
        </Section>
        <Section title="How">
          <SchemaForm
            schema={orderSchema(type)}
            value={draft.options}
            onValue={(options) => change({ options })}
            path={[]}
            faults={faults}
            basics={BASIC_OPTIONS}
          />
        </Section>
        {/* Enter in a field submits, as in any form. */}
        <button type="submit" className="sr-only" tabIndex={-1}>
          Submit
        </button>
      </form>
      <Outlook
        order={order}
        repeats={repeats}
        checked={checked}
        quiet={!touched && !original}
        unless={whole ? (busy ? "In progress" : undefined) : "The JSON is not whole yet."}
        error={error}
        onSubmit={(stay) => void submit(stay)}
      >
        {made.map((it) => (
          <p key={it.id} className="min-w-0 truncate">
            Made{" "}
            {it.kind === "job" ? (
              <Link
                to="/jobs/$jobId"
                params={{ jobId: it.id }}
                className="figures text-ember underline-offset-2 hover:underline"
              >
                {it.id}
              </Link>
            ) : (
              <Link
                to="/schedules"
                search={{ schedule: it.id }}
                className="text-ember underline-offset-2 hover:underline"
              >
                the schedule
              </Link>
            )}
          </p>
        ))}
      </Outlook>
    </div>
  );
}
