import { useState } from "react";
import type { TypeDescription } from "~/api/schema.ts";
import { type JsonObject, pretty, readObject } from "~/lib/json.ts";
import { Button } from "~/ui/button.tsx";
import { JsonEditor } from "~/ui/json-editor.tsx";
import { basicsOf, schemaOf } from "~/ui/order/basics.ts";
import type { Faults } from "~/ui/order/faults.ts";
import { SchemaForm } from "~/ui/schema-form/schema-form.tsx";
import { Words } from "~/ui/words.tsx";

const PAYLOAD = ["payload"] as const;

export type PayloadView = "form" | "json";

interface Props {
  readonly type: TypeDescription;
  readonly payload: JsonObject;
  readonly onPayload: (payload: JsonObject) => void;
  /** By pointers that begin with `/payload`. */
  readonly faults: Faults;
  readonly view: PayloadView;
  /** Whether the text is whole JSON; while it is not, the payload is what stood there before. */
  readonly onWhole: (whole: boolean) => void;
}

/** A payload as a form or as JSON: the same value, whichever is shown. */
export function PayloadEditor({ type, payload, onPayload, faults, view, onWhole }: Props) {
  if (view === "json")
    return <RawPayload payload={payload} onPayload={onPayload} faults={faults} onWhole={onWhole} />;
  const basics = basicsOf(type);
  return (
    <div className="flex flex-col gap-4">
      {faults.get("/payload")?.map((message) => (
        <p key={message} className="border-failed border-l-2 py-0.5 pl-3">
          <Words text={message} />
        </p>
      ))}
      <SchemaForm
        schema={schemaOf(type)}
        value={payload}
        onValue={onPayload}
        path={PAYLOAD}
        faults={faults}
        offers={type.offers}
        {...(basics ? { basics } : {})}
      />
    </div>
  );
}

interface RawProps {
  readonly payload: JsonObject;
  readonly onPayload: (payload: JsonObject) => void;
  readonly faults: Faults;
  readonly onWhole: (whole: boolean) => void;
}

/** Text that is no JSON yet stays here, and holds up what would be sent. */
function RawPayload({ payload, onPayload, faults, onWhole }: RawProps) {
  const [text, setText] = useState(() => pretty(payload));
  const read = readObject(text);
  return (
    <div className="flex flex-col gap-2">
      <JsonEditor
        label="Payload as JSON"
        text={text}
        rows={22}
        faultLine={read.ok ? undefined : read.line}
        invalid={!read.ok || faults.size > 0}
        describedBy="payload-faults"
        onText={(next) => {
          setText(next);
          const whole = readObject(next);
          onWhole(whole.ok);
          if (whole.ok) onPayload(whole.value);
        }}
      />
      <div className="flex flex-wrap items-start gap-3">
        <div id="payload-faults" role="status" className="min-w-0 flex-1 text-sm">
          {read.ok ? (
            [...faults].map(([pointer, said]) => (
              <p key={pointer} className="text-failed">
                <span className="figures">{pointer.replace("/payload", "") || "/"}</span>{" "}
                <Words text={said.join("; ")} />
              </p>
            ))
          ) : (
            <p className="text-failed">
              {read.line === undefined ? "" : `Line ${read.line}: `}
              {read.message}
            </p>
          )}
        </div>
        <Button
          unless={read.ok ? undefined : "This is not JSON yet."}
          onClick={() => read.ok && setText(pretty(read.value))}
        >
          Format
        </Button>
      </div>
    </div>
  );
}
