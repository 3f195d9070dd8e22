/** A form made from a JSON Schema. Its value is the JSON itself: nothing of it is lost on the way. */
import { type ReactNode, useState } from "react";
import { isObject, type Json, type JsonObject, type Path, pointerOf, valueAt } from "~/lib/json.ts";
import {
  ChoiceControl,
  MomentControl,
  NumberControl,
  SetControl,
  SwitchControl,
  TextControl,
} from "~/ui/schema-form/controls.tsx";
import { FormContext, type ValueProps } from "~/ui/schema-form/form.ts";
import {
  Fields,
  ObjectControl,
  Others,
  TagRow,
  VariantsControl,
} from "~/ui/schema-form/groups.tsx";
import { AnyControl, JsonControl } from "~/ui/schema-form/json-control.tsx";
import { ListControl, MapControl } from "~/ui/schema-form/lists.tsx";
import { type Field, type Schema, type Shape, shapeOf, strangers } from "~/ui/schema-form/shape.ts";
import { UploadControl } from "~/ui/schema-form/upload-control.tsx";
import { canShow, variantOf } from "~/ui/schema-form/values.ts";

interface Props {
  readonly schema: Schema;
  readonly value: JsonObject;
  readonly onValue: (value: JsonObject) => void;
  /** Where the value stands in what the server's pointers lead into. */
  readonly path: Path;
  readonly faults: ReadonlyMap<string, readonly string[]>;
  readonly offers?: Readonly<Record<string, readonly string[]>>;
  /** Fields that are shown at once; the others stand in a group that opens. All, when absent. */
  readonly basics?: ReadonlySet<string>;
}

export function SchemaForm({ schema, value, onValue, path, faults, offers = {}, basics }: Props) {
  const shape = shapeOf(schema, schema);
  const change = (next: Json | undefined) => onValue(isObject(next) ? next : {});
  const fields = fieldsOf(shape, value, schema);
  const isBasic = (it: Field) => !basics || it.required || basics.has(it.name);
  const more = fields?.filter((it) => !isBasic(it)) ?? [];
  return (
    <FormContext
      value={{
        root: schema,
        faults,
        offers,
        render: (props) => <Value {...props} root={schema} />,
      }}
    >
      <div className="flex min-w-0 flex-col gap-5">
        {shape.kind === "variants" && shape.tag !== undefined && (
          <TagRow shape={shape} value={value} onValue={change} path={path} />
        )}
        {fields ? (
          <>
            <Fields
              inside={false}
              fields={fields.filter(isBasic)}
              value={value}
              onValue={onValue}
              path={path}
            />
            {more.length > 0 && (
              <More
                fields={more}
                begins={more.some((it) => valueAt(value, [it.name]) !== undefined)}
                faulty={more.some((it) => isFaulty(faults, pointerOf([...path, it.name])))}
              >
                <Fields inside={false} fields={more} value={value} onValue={onValue} path={path} />
              </More>
            )}
            <Others names={strangers(value, fields)} />
          </>
        ) : (
          <Value
            root={schema}
            schema={schema}
            value={value}
            onValue={change}
            path={path}
            label="Payload"
            required
          />
        )}
      </div>
    </FormContext>
  );
}

/** The fields of a form that has some: its own, or those of the variant that its tag names. */
function fieldsOf(shape: Shape, value: JsonObject, root: Schema): readonly Field[] | undefined {
  if (shape.kind === "object") return shape.fields;
  if (shape.kind !== "variants" || shape.tag === undefined) return undefined;
  const variant = shape.variants[Math.max(variantOf(shape, value, root), 0)];
  const inside = shapeOf(variant?.schema ?? {}, root);
  return inside.kind === "object" ? inside.fields : undefined;
}

function isFaulty(faults: Props["faults"], pointer: string): boolean {
  return [...faults.keys()].some((it) => it === pointer || it.startsWith(`${pointer}/`));
}

interface MoreProps {
  readonly fields: readonly Field[];
  readonly begins: boolean;
  readonly faulty: boolean;
  readonly children: ReactNode;
}

function More({ fields, begins, faulty, children }: MoreProps) {
  const [open, setOpen] = useState(begins);
  return (
    <details
      open={open || faulty}
      onToggle={(event) => setOpen(event.currentTarget.open)}
      className="group border-hairline border-t pt-3"
    >
      <summary className="flex h-8 cursor-pointer items-center gap-2 rounded-md font-medium text-sm hover:text-ember">
        Advanced
        <span className="truncate font-normal text-faint group-open:hidden">
          {fields.map((it) => it.label.toLowerCase()).join(", ")}
        </span>
      </summary>
      <div className="flex flex-col gap-5 pt-3">{open || faulty ? children : null}</div>
    </details>
  );
}

/** A value, by the control that fits its schema; as JSON where it fits none. */
function Value(props: ValueProps & { root: Schema }) {
  const { schema, value, root } = props;
  const shape = shapeOf(schema, root);
  if (!canShow(shape, value, root)) return <JsonControl {...props} />;
  switch (shape.kind) {
    case "text":
      return <TextControl {...props} long={shape.long} secret={shape.secret} />;
    case "upload":
      return <UploadControl {...props} named={shape.named} long={shape.long} />;
    case "number":
      return <NumberControl {...props} whole={shape.whole} />;
    case "moment":
      return <MomentControl {...props} />;
    case "switch":
      return <SwitchControl {...props} />;
    case "choice":
      return <ChoiceControl {...props} options={shape.options} />;
    case "set":
      return <SetControl {...props} options={shape.options} />;
    case "list":
      return <ListControl {...props} item={shape.item} />;
    case "map":
      return <MapControl {...props} member={shape.value} />;
    case "object":
      return <ObjectControl {...props} fields={shape.fields} />;
    case "variants":
      return <VariantsControl {...props} shape={shape} />;
    case "any":
      return <AnyControl {...props} />;
  }
}
