import { useState } from "react";
import { type Json, parseJson, pretty, sameJson } from "~/lib/json.ts";
import { JsonEditor } from "~/ui/json-editor.tsx";
import { TextControl } from "~/ui/schema-form/controls.tsx";
import { useTies, type ValueProps } from "~/ui/schema-form/form.ts";
import { Select } from "~/ui/select.tsx";

const WAYS = [
  { value: "text", label: "Text" },
  { value: "json", label: "JSON" },
] as const;

/** Where anything may stand: most often a text. */
export function AnyControl(props: ValueProps) {
  const { value, onValue, label } = props;
  const [asJson, setAsJson] = useState(value !== undefined && typeof value !== "string");
  const json = asJson || (value !== undefined && typeof value !== "string");
  return (
    <div className="flex min-w-0 flex-wrap items-start gap-2">
      <Select
        label={`${label}: form`}
        options={WAYS}
        value={json ? "json" : "text"}
        onValue={(way) => {
          setAsJson(way === "json");
          if (way === "text" && typeof value !== "string" && value !== undefined) {
            onValue(JSON.stringify(value));
          }
        }}
      />
      <div className="min-w-0 flex-1 basis-36">
        {json ? <JsonControl {...props} /> : <TextControl {...props} long={false} />}
      </div>
    </div>
  );
}

/** Any value, as JSON; half-typed JSON stays here until it is whole. */
export function JsonControl({ value, onValue, path, label }: ValueProps) {
  const ties = useTies(path);
  const [draft, setDraft] = useState("");
  const read = reading(draft);
  const held = value === undefined ? "" : pretty(value);
  const typing = draft !== "" && (read === undefined || sameJson(read, value));
  const text = typing ? draft : held;
  return (
    <>
      <JsonEditor
        id={ties.id}
        label={label}
        text={text}
        rows={Math.min(Math.max(text.split("\n").length + 1, 3), 14)}
        invalid={ties["aria-invalid"] ?? (typing && read === undefined)}
        describedBy={ties["aria-describedby"]}
        onText={(next) => {
          setDraft(next);
          const whole = reading(next);
          if (next.trim() === "") onValue(undefined);
          else if (whole !== undefined) onValue(whole);
        }}
      />
      {typing && read === undefined && (
        <p role="status" className="text-failed text-sm">
          This is not JSON yet; the value stays as it was.
        </p>
      )}
    </>
  );
}

function reading(text: string): Json | undefined {
  try {
    return parseJson(text);
  } catch {
    return undefined;
  }
}
