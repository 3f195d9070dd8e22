/** Values for a form: what it begins with, whether its controls can show them, what is secret. Pure. */
import {
  isList,
  isNumber,
  isObject,
  type Json,
  type JsonObject,
  sameJson,
  valueAt,
  withMember,
} from "~/lib/json.ts";
import {
  isSecret,
  placeOf,
  resolve,
  type Schema,
  type Shape,
  shapeOf,
  tagValue,
  type Variant,
} from "~/ui/schema-form/shape.ts";

/** Whether the control of a shape can show a value; what it cannot is shown as JSON. */
export function canShow(shape: Shape, value: Json | undefined, root: Schema): boolean {
  if (value === undefined || (value === null && shape.nullable)) return true;
  switch (shape.kind) {
    case "text":
    case "moment":
    case "upload":
      return typeof value === "string";
    // What is typed and is no number yet is kept as the text that it is.
    case "number":
      return isNumber(value) || typeof value === "string";
    case "switch":
      return typeof value === "boolean";
    case "choice":
      return !isObject(value) && !isList(value);
    case "set":
      return isList(value) && value.every((it) => placeOf(shape.options, it) >= 0);
    case "list":
      return isList(value);
    case "object":
    case "map":
      return isObject(value);
    case "variants":
      return shape.tag !== undefined ? isObject(value) : variantOf(shape, value, root) >= 0;
    case "any":
      return true;
  }
}

type Variants = Extract<Shape, { kind: "variants" }>;

/** Which variant a value is of; -1 when of none. */
export function variantOf({ variants, tag }: Variants, value: Json | undefined, root: Schema) {
  if (tag !== undefined) {
    const said = valueAt(value, [tag]);
    return said === undefined
      ? -1
      : variants.findIndex((it) => sameJson(tagValue(it.schema, tag, root), said));
  }
  if (value === undefined) return -1;
  const exact = variants.findIndex((it) => isExactly(it, value, root));
  if (exact >= 0) return exact;
  return variants.findIndex((it) => {
    const shape = shapeOf(it.schema, root);
    return shape.kind !== "any" && shape.kind !== "number" && canShow(shape, value, root);
  });
}

function isExactly({ schema }: Variant, value: Json, root: Schema): boolean {
  const shape = shapeOf(schema, root);
  switch (shape.kind) {
    case "choice":
      return placeOf(shape.options, value) >= 0;
    case "number":
      return isNumber(value);
    case "object":
      return isObject(value) && shape.fields.every((it) => !it.required || it.name in value);
    case "any":
      return false;
    default:
      return canShow(shape, value, root);
  }
}

/** The least value of a schema: what is required and can only be one thing. */
export function seed(schema: Schema, root: Schema): Json {
  const shape = shapeOf(schema, root);
  switch (shape.kind) {
    case "text":
    case "moment":
    case "upload":
      return "";
    case "number":
      return Math.max(schema.minimum ?? 0, 0);
    case "switch":
      return false;
    case "choice":
      return shape.options[0] ?? null;
    case "set":
    case "list":
      return [];
    case "map":
    case "any":
      return {};
    case "variants":
      return seed(shape.variants[0]?.schema ?? {}, root);
    case "object":
      return Object.fromEntries(
        shape.fields
          .filter((it) => it.required)
          .map((it) => [it.name, only(it.schema, root)] as const)
          .filter((entry): entry is readonly [string, Json] => entry[1] !== undefined),
      );
  }
}

function only(schema: Schema, root: Schema): Json | undefined {
  const shape = shapeOf(schema, root);
  if (shape.kind === "choice") return shape.options.length === 1 ? shape.options[0] : undefined;
  return shape.kind === "object" && schema.default === undefined ? seed(schema, root) : undefined;
}

/** What of a value another variant can keep: the members that it knows, as far as they fit it. */
export function carried(value: Json | undefined, schema: Schema, root: Schema): Json {
  const base = seed(schema, root);
  const shape = shapeOf(schema, root);
  if (shape.kind !== "object" || !isObject(value) || !isObject(base)) return base;
  return shape.fields.reduce<JsonObject>((kept, field) => {
    const old = valueAt(value, [field.name]);
    if (old === undefined || only(field.schema, root) !== undefined) {
      return nested(kept, field.name, old, field.schema, root);
    }
    return canShow(shapeOf(field.schema, root), old, root)
      ? withMember(kept, field.name, old)
      : kept;
  }, base);
}

function nested(
  kept: JsonObject,
  name: string,
  old: Json | undefined,
  schema: Schema,
  root: Schema,
): JsonObject {
  if (!isObject(old)) return kept;
  return withMember(kept, name, carried(old, schema, root));
}

/** A payload as a browser may remember it: without what its schema calls secret. */
export function withoutSecrets(value: Json, given: Schema, root: Schema): Json | undefined {
  const schema = resolve(given, root);
  if (isSecret(schema)) return undefined;
  const shape = shapeOf(schema, root);
  if (shape.kind === "variants") {
    const variant = shape.variants[variantOf(shape, value, root)];
    // Of what fits no variant nobody can say what is secret.
    return variant ? withoutSecrets(value, variant.schema, root) : undefined;
  }
  if (isObject(value)) return objectWithoutSecrets(value, shape, root);
  if (isList(value) && shape.kind === "list") {
    const kept = value.map((it) => withoutSecrets(it, shape.item, root));
    return kept.filter((it) => it !== undefined);
  }
  return value;
}

function objectWithoutSecrets(value: JsonObject, shape: Shape, root: Schema): JsonObject {
  const schemaOf = (name: string): Schema | undefined => {
    if (shape.kind === "map") return shape.value;
    if (shape.kind !== "object") return {};
    return shape.fields.find((it) => it.name === name)?.schema;
  };
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, inside]) => {
      const schema = schemaOf(name);
      const kept = schema && withoutSecrets(inside, schema, root);
      return kept === undefined ? [] : [[name, kept] as const];
    }),
  );
}
