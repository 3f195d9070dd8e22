import { useId, useState } from "react";
import { isNumber, type Json, parseJson, sameJson } from "~/lib/json.ts";
import { INPUT } from "~/ui/input.ts";
import { MomentField } from "~/ui/moment-field.tsx";
import { useForm, useTies, type ValueProps } from "~/ui/schema-form/form.ts";
import { placeOf } from "~/ui/schema-form/shape.ts";
import { Select } from "~/ui/select.tsx";
import { Box, Switch } from "~/ui/toggle.tsx";

/** What stands in an empty field: what the server would take in its place. */
function placeholder({ default: usual, examples }: ValueProps["schema"]): string | undefined {
  if (usual !== undefined && usual !== null && usual !== "") return shown(usual);
  return examples?.[0] === undefined ? undefined : `For example ${shown(examples[0])}`;
}

function shown(value: Json): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

export function TextControl(props: ValueProps & { long: boolean; secret?: boolean }) {
  const { schema, value, onValue, path, label, required, long, secret = false } = props;
  const ties = useTies(path);
  const { offers } = useForm();
  const list = useId();
  const proposed = offers[String(path.at(-1))] ?? [];
  const text = typeof value === "string" ? value : "";
  const common = {
    ...ties,
    // Inside a list, a map or a choice no label of its own names it.
    "aria-label": label,
    value: text,
    placeholder: placeholder(schema),
    spellCheck: false,
    onChange: (event: { target: { value: string } }) =>
      onValue(event.target.value === "" && !required ? undefined : event.target.value),
  };
  if (long && !secret) {
    const lines = Math.min(Math.max(text.split("\n").length, 3), 14);
    return <textarea {...common} rows={lines} className={`resize-y py-1.5 ${INPUT}`} />;
  }
  return (
    <>
      <input
        {...common}
        type={secret ? "password" : "text"}
        autoComplete={secret ? "new-password" : "off"}
        list={proposed.length > 0 ? list : undefined}
        className={`h-8 ${INPUT}`}
      />
      {proposed.length > 0 && (
        <datalist id={list}>
          {proposed.map((it) => (
            <option key={it} value={it} />
          ))}
        </datalist>
      )}
    </>
  );
}

/** A number with all its digits; what is typed and is none is sent as it is, for the server to judge. */
export function NumberControl({
  schema,
  value,
  onValue,
  path,
  label,
  required,
  whole,
}: ValueProps & { whole: boolean }) {
  const ties = useTies(path);
  const [draft, setDraft] = useState("");
  const held = value === undefined || value === null ? "" : shown(value);
  // While its value is the same, the text stays as it was typed: `1.0` on the way to `1.05`.
  const text = sameJson(readNumber(draft), value) ? draft : held;
  return (
    <input
      {...ties}
      aria-label={label}
      inputMode={whole ? "numeric" : "decimal"}
      autoComplete="off"
      value={text}
      placeholder={placeholder(schema)}
      onChange={(event) => {
        setDraft(event.target.value);
        const read = readNumber(event.target.value);
        onValue(read === undefined && required ? "" : read);
      }}
      className={`figures h-8 max-w-48 ${INPUT}`}
    />
  );
}

function readNumber(text: string): Json | undefined {
  const trimmed = text.trim();
  if (trimmed === "") return undefined;
  try {
    const value = parseJson(trimmed);
    return isNumber(value) ? value : trimmed;
  } catch {
    return trimmed;
  }
}

export function ChoiceControl({
  schema,
  value,
  onValue,
  path,
  label,
  required,
  options,
}: ValueProps & { options: readonly Json[] }) {
  const ties = useTies(path);
  const usual = schema.default;
  const now = value ?? usual;
  const place = placeOf(options, now ?? undefined);
  const unset = place < 0 || (usual === undefined && !required) || usual === null;
  const none = required ? "Choose…" : "Not set";
  const unknown = place < 0 && now !== undefined && now !== null ? shown(now) : undefined;
  return (
    <div className="flex max-w-full">
      <Select
        id={ties.id}
        label={label}
        invalid={ties["aria-invalid"] ?? false}
        describedBy={ties["aria-describedby"]}
        value={String(place)}
        options={[
          ...(unset ? [{ value: "-1", label: unknown ?? none }] : []),
          ...options.map((it, index) => ({ value: String(index), label: shown(it) })),
        ]}
        onValue={(next) => {
          const chosen = options[Number(next)];
          onValue(chosen !== undefined && sameJson(chosen, usual) ? undefined : chosen);
        }}
      />
    </div>
  );
}

export function SwitchControl({ schema, value, onValue, path, label }: ValueProps) {
  const usual = schema.default === true;
  const on = typeof value === "boolean" ? value : usual;
  return (
    <div id={useTies(path).id} tabIndex={-1}>
      <Switch
        checked={on}
        onChecked={(next) => onValue(next === schema.default ? undefined : next)}
      >
        <span className="sr-only">{label}</span>
        <span aria-hidden className="text-soft">
          {on ? "Yes" : "No"}
        </span>
      </Switch>
    </div>
  );
}

/** Some of a few. */
export function SetControl({
  value,
  onValue,
  path,
  label,
  options,
}: ValueProps & { options: readonly Json[] }) {
  const ties = useTies(path);
  const chosen = Array.isArray(value) ? (value as readonly Json[]) : [];
  return (
    <fieldset
      id={ties.id}
      tabIndex={-1}
      aria-describedby={ties["aria-describedby"]}
      className="flex flex-wrap gap-x-5"
    >
      <legend className="sr-only">{label}</legend>
      {options.map((option) => {
        const checked = placeOf(chosen, option) >= 0;
        return (
          <div key={shown(option)} className="flex h-8 items-center gap-2">
            <Box
              label={shown(option)}
              checked={checked}
              onChecked={(wanted) => {
                const next = wanted
                  ? [...chosen, option]
                  : chosen.filter((it) => !sameJson(it, option));
                onValue(next.length > 0 ? next : undefined);
              }}
            />
            <span aria-hidden>{shown(option)}</span>
          </div>
        );
      })}
    </fieldset>
  );
}

export function MomentControl({ value, onValue, path, label }: ValueProps) {
  const ties = useTies(path);
  return (
    <MomentField
      id={ties.id}
      label={label}
      invalid={ties["aria-invalid"] ?? false}
      describedBy={ties["aria-describedby"]}
      at={typeof value === "string" ? value : undefined}
      onAt={onValue}
    />
  );
}
