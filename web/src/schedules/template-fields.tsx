import { useState } from "react";
import type { TypeDescription } from "~/api/schema.ts";
import { isObject, type JsonObject, withMember } from "~/lib/json.ts";
import { beginningOf } from "~/ui/order/basics.ts";
import { bothFaults, type Faults } from "~/ui/order/faults.ts";
import { BASIC_OPTIONS, optionsSchema } from "~/ui/order/options.ts";
import { PayloadEditor, type PayloadView } from "~/ui/order/payload-editor.tsx";
import { Row } from "~/ui/order/row.tsx";
import { checkedFaults, useCheck } from "~/ui/order/use-check.ts";
import { Verdict } from "~/ui/order/verdict.tsx";
import { Section } from "~/ui/page.tsx";
import { SchemaForm } from "~/ui/schema-form/schema-form.tsx";
import { Segments } from "~/ui/segments.tsx";
import { Select } from "~/ui/select.tsx";

interface Props {
  readonly types: readonly TypeDescription[];
  readonly template: JsonObject;
  readonly onTemplate: (template: JsonObject) => void;
  /** By pointers into the template. */
  readonly faults: Faults;
  readonly onWhole: (whole: boolean) => void;
}

/** What a schedule submits. */
export function TemplateFields({ types, ...props }: Props) {
  const { template, onTemplate, faults } = props;
  const type = types.find((it) => it.name === template.type);
  return (
    <>
      <Section title="What">
        <div className="flex flex-col gap-5 pt-2">
          <Row label="Type" pointer="/type" faults={faults}>
            <div className="flex">
              <Select
                label="Type"
                options={[
                  ...(type ? [] : [{ value: String(template.type), label: String(template.type) }]),
                  ...types.map((it) => ({ value: it.name, label: it.title })),
                ]}
                value={String(template.type)}
                onValue={(name) => {
                  const next = types.find((it) => it.name === name);
                  if (next) onTemplate({ type: name, payload: beginningOf(next) });
                }}
              />
            </div>
            {!type && <p className="text-failed text-sm">No such type is known here.</p>}
          </Row>
        </div>
      </Section>
      {type && <Known key={type.name} type={type} {...props} />}
    </>
  );
}

interface KnownProps extends Omit<Props, "types"> {
  readonly type: TypeDescription;
}

const VIEWS = [
  { value: "form", label: "Form" },
  { value: "json", label: "JSON" },
] as const;

function Known({ type, template, onTemplate, faults, onWhole }: KnownProps) {
  const [view, setView] = useState<PayloadView>("form");
  const { type: name, payload, ...options } = template;
  const value = isObject(payload) ? payload : {};
  const checked = useCheck(type.name, value);

  /** A form shows what stood there when the JSON was whole. */
  function look(next: PayloadView): void {
    onWhole(true);
    setView(next);
  }

  return (
    <>
      <Section
        title="Payload"
        actions={<Segments label="Shown as" options={VIEWS} value={view} onValue={look} />}
      >
        <div className="flex flex-col gap-5 pt-2">
          <Verdict checked={checked} />
          <PayloadEditor
            type={type}
            payload={value}
            onPayload={(next) => onTemplate(withMember(template, "payload", next))}
            faults={bothFaults(faults, checkedFaults(checked))}
            view={view}
            onWhole={onWhole}
          />
        </div>
      </Section>
      <Section title="How">
        <SchemaForm
          schema={optionsSchema(type)}
          value={options}
          onValue={(next) => onTemplate({ type: name ?? type.name, payload: value, ...next })}
          path={[]}
          faults={faults}
          basics={BASIC_OPTIONS}
        />
      </Section>
    </>
  );
}
