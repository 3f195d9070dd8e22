import {
  isObject,
  type Json,
  type JsonObject,
  type Path,
  pointerOf,
  sameJson,
  valueAt,
  withMember,
} from "~/lib/json.ts";
import { FieldRow } from "~/ui/schema-form/field-row.tsx";
import { idOf, useForm, useTies, type ValueProps } from "~/ui/schema-form/form.ts";
import {
  type Field,
  resolve,
  type Schema,
  type Shape,
  shapeOf,
  strangers,
} from "~/ui/schema-form/shape.ts";
import { carried, seed, variantOf } from "~/ui/schema-form/values.ts";
import { Select } from "~/ui/select.tsx";
import { Words } from "~/ui/words.tsx";

interface FieldsProps {
  readonly fields: readonly Field[];
  readonly value: Json | undefined;
  readonly onValue: (value: JsonObject) => void;
  readonly path: Path;
  readonly inside: boolean;
}

export function Fields({ fields, value, onValue, path, inside }: FieldsProps) {
  const { root } = useForm();
  const object = isObject(value) ? value : {};
  const open = fields.filter((it) => !isSettled(it.schema, valueAt(object, [it.name]), root));
  return open.map(({ name, label, required, schema }) => (
    <FieldRow
      key={name}
      schema={schema}
      label={label}
      required={required}
      inside={inside}
      path={[...path, name]}
      value={valueAt(object, [name])}
      onValue={(next) => onValue(withMember(object, name, next))}
    />
  ));
}

/** What can only be one thing needs no control; a tag is such a member. */
function isSettled(schema: Schema, value: Json | undefined, root: Schema): boolean {
  const shape = shapeOf(schema, root);
  return shape.kind === "choice" && shape.options.length === 1
    ? value === undefined || sameJson(value, shape.options[0])
    : false;
}

/** An object inside another; when its last member goes, so does it, unless it is needed. */
export function ObjectControl(props: ValueProps & { fields: readonly Field[] }) {
  const { fields, value, onValue, path, label, required } = props;
  const ties = useTies(path);
  const others = isObject(value) ? strangers(value, fields) : [];
  return (
    <fieldset
      id={ties.id}
      tabIndex={-1}
      aria-describedby={ties["aria-describedby"]}
      className="flex min-w-0 flex-col gap-4 border-hairline border-l pl-4"
    >
      <legend className="sr-only">{label}</legend>
      <Fields
        inside
        fields={fields}
        value={value}
        path={path}
        onValue={(next) => onValue(Object.keys(next).length === 0 && !required ? undefined : next)}
      />
      <Others names={others} />
    </fieldset>
  );
}

/** Members that no field shows are kept, and told. */
export function Others({ names }: { names: readonly string[] }) {
  if (names.length === 0) return null;
  return (
    <p className="text-soft text-sm">
      Only in the JSON:{" "}
      {names.map((name) => (
        <code key={name} className="figures mr-1 rounded bg-sunken px-1">
          {name || "“”"}
        </code>
      ))}
    </p>
  );
}

type Variants = Extract<Shape, { kind: "variants" }>;

/** One of several forms: by the tag inside it, or by what it is. */
export function VariantsControl(props: ValueProps & { shape: Variants }) {
  const { shape, value, onValue, path, label, required } = props;
  const { root, render } = useForm();
  const ties = useTies(path);
  const found = variantOf(shape, value, root);
  const place = Math.max(found, 0);
  const variant = shape.variants[place];
  if (!variant) return null;
  const tagged = shape.tag !== undefined;
  return (
    <div id={ties.id} tabIndex={-1} className="flex min-w-0 flex-col gap-2">
      <div className={tagged ? "" : "flex min-w-0 flex-wrap items-start gap-2"}>
        <VariantSelect
          shape={shape}
          label={`${label}: form`}
          place={place}
          onPlace={(next) => onValue(switched(shape, next, value, root))}
        />
        {!tagged && (
          <div className="min-w-0 flex-1 basis-56">
            {render({
              ...props,
              schema: narrowed(variant.schema, props.schema),
              required: required || found > 0,
            })}
          </div>
        )}
      </div>
      {tagged && render({ ...props, schema: variant.schema, required: true })}
    </div>
  );
}

/** The default of the whole holds for the variant that it is of. */
function narrowed(schema: Schema, whole: Schema): Schema {
  const usual = whole.default;
  const fits = typeof usual === "string" ? schema.type === "string" : false;
  return fits && usual !== undefined ? { ...schema, default: usual } : schema;
}

export function switched(shape: Variants, place: number, value: Json | undefined, root: Schema) {
  const schema = shape.variants[place]?.schema ?? {};
  return shape.tag === undefined ? seed(schema, root) : carried(value, schema, root);
}

interface SelectProps {
  readonly shape: Variants;
  readonly label: string;
  readonly place: number;
  readonly onPlace: (place: number) => void;
  readonly id?: string;
}

function VariantSelect({ shape, label, place, onPlace, id }: SelectProps) {
  return (
    <Select
      {...(id ? { id } : {})}
      label={label}
      value={String(place)}
      options={shape.variants.map((it, index) => ({ value: String(index), label: it.label }))}
      onValue={(next) => onPlace(Number(next))}
    />
  );
}

interface RootProps {
  readonly shape: Variants;
  readonly value: Json | undefined;
  readonly onValue: (value: Json) => void;
  readonly path: Path;
}

/** The tag of a whole form: which kind of it this is, in words. */
export function TagRow({ shape, value, onValue, path }: RootProps) {
  const { root, faults } = useForm();
  const pointer = pointerOf([...path, shape.tag ?? ""]);
  const place = Math.max(variantOf(shape, value, root), 0);
  const words = resolve(shape.variants[place]?.schema, root).description;
  const name = (shape.tag ?? "").replaceAll("_", " ");
  return (
    <div className="grid min-w-0 gap-x-6 gap-y-1 md:grid-cols-[10rem_minmax(0,1fr)]">
      <span className="font-medium text-sm first-letter:uppercase md:pt-1.5">{name}</span>
      <div className="flex flex-col items-start gap-1">
        <VariantSelect
          id={idOf(pointer)}
          shape={shape}
          label={name}
          place={place}
          onPlace={(next) => onValue(switched(shape, next, value, root))}
        />
        {faults.get(pointer)?.map((message) => (
          <p key={message} className="text-failed text-sm">
            <Words text={message} />
          </p>
        ))}
        {words && (
          <p className="max-w-prose text-soft text-sm">
            <Words text={words} />
          </p>
        )}
      </div>
    </div>
  );
}
