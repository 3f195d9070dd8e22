/** What a JSON Schema asks for, as a form shows it: one level at a time, so recursion has an end. Pure. */
import { type Json, type JsonObject, sameJson } from "~/lib/json.ts";

/** The words of JSON Schema 2020-12 that a form understands. */
export interface Schema {
  readonly $ref?: string;
  readonly $defs?: Readonly<Record<string, Schema>>;
  readonly type?: string | readonly string[];
  readonly enum?: readonly Json[];
  readonly const?: Json;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
  readonly discriminator?: { readonly propertyName: string };
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | Schema;
  readonly items?: Schema | boolean;
  readonly default?: Json;
  readonly examples?: readonly Json[];
  readonly title?: string;
  readonly description?: string;
  readonly format?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly exclusiveMaximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly writeOnly?: boolean;
  /** How an upload is named in this text, such as `upload:{id}`. */
  readonly "x-upload"?: string;
}

export interface Field {
  readonly name: string;
  readonly label: string;
  readonly required: boolean;
  /** With references resolved. */
  readonly schema: Schema;
}

export interface Variant {
  readonly label: string;
  readonly schema: Schema;
}

export type Shape = { readonly nullable: boolean } & (
  | { readonly kind: "text"; readonly long: boolean; readonly secret: boolean }
  | { readonly kind: "moment" }
  | { readonly kind: "upload"; readonly named: string; readonly long: boolean }
  | { readonly kind: "number"; readonly whole: boolean }
  | { readonly kind: "switch" }
  | { readonly kind: "choice"; readonly options: readonly Json[] }
  | { readonly kind: "set"; readonly options: readonly Json[] }
  | { readonly kind: "object"; readonly fields: readonly Field[] }
  | { readonly kind: "map"; readonly value: Schema }
  | { readonly kind: "list"; readonly item: Schema }
  /** `tag`: the member that says which; without it the form of the value tells. */
  | { readonly kind: "variants"; readonly variants: readonly Variant[]; readonly tag?: string }
  | { readonly kind: "any" }
);

/** From this length on a text gets a box of several lines. */
const LONG = 4_096;

/** A schema with its references followed; words beside a reference win over those behind it. */
export function resolve(schema: Schema | boolean | undefined, root: Schema): Schema {
  let found: Schema = typeof schema === "object" ? schema : {};
  for (let step = 0; found.$ref !== undefined && step < 32; step++) {
    const { $ref, ...beside } = found;
    found = { ...definition($ref, root), ...beside };
  }
  const { allOf, ...rest } = found;
  return allOf ? allOf.map((it) => resolve(it, root)).reduce(merged, rest) : found;
}

function definition(ref: string, root: Schema): Schema {
  if (ref === "#") return root;
  const name = /^#\/\$defs\/(.+)$/.exec(ref)?.[1] ?? "";
  const unescaped = decodeURIComponent(name).replaceAll("~1", "/").replaceAll("~0", "~");
  return root.$defs?.[unescaped] ?? {};
}

function merged(one: Schema, other: Schema): Schema {
  return {
    ...other,
    ...one,
    ...(one.properties || other.properties
      ? { properties: { ...other.properties, ...one.properties } }
      : {}),
    required: [...(one.required ?? []), ...(other.required ?? [])],
  };
}

export function shapeOf(given: Schema, root: Schema): Shape {
  const schema = resolve(given, root);
  const types = typesOf(schema);
  const nullable = types.includes("null");
  if (schema["x-upload"]) {
    return { kind: "upload", nullable, named: schema["x-upload"], long: isLong(schema) };
  }
  if (schema.const !== undefined) return { kind: "choice", nullable, options: [schema.const] };
  if (schema.enum) return choiceOf(schema.enum);
  const either = schema.anyOf ?? schema.oneOf;
  if (either) return eitherOf(schema, either, root);
  const [type, ...more] = types.filter((it) => it !== "null");
  if (more.length > 0) return manyTypes(schema, types, root);
  return { ...plain(schema, type, root), nullable };
}

type Plain = Shape extends infer It ? (It extends unknown ? Omit<It, "nullable"> : never) : never;

function plain(schema: Schema, type: string | undefined, root: Schema): Shape {
  return { ...kindOf(schema, type ?? impliedType(schema), root), nullable: false } as Shape;
}

function kindOf(schema: Schema, type: string | undefined, root: Schema): Plain {
  switch (type) {
    case "string":
      return schema.format === "date-time"
        ? { kind: "moment" }
        : { kind: "text", long: isLong(schema), secret: isSecret(schema) };
    case "integer":
    case "number":
      return { kind: "number", whole: type === "integer" };
    case "boolean":
      return { kind: "switch" };
    case "object":
      return objectOf(schema, root);
    case "array":
      return listOf(schema, root);
    default:
      return { kind: "any" };
  }
}

function objectOf(schema: Schema, root: Schema): Plain {
  const properties = Object.entries(schema.properties ?? {});
  if (properties.length === 0 && schema.additionalProperties !== false) {
    return { kind: "map", value: resolve(schema.additionalProperties, root) };
  }
  return {
    kind: "object",
    fields: properties.map(([name, it]) => {
      const inside = resolve(it, root);
      return {
        name,
        label: titleOf(it, name),
        required: schema.required?.includes(name) ?? false,
        schema: inside,
      };
    }),
  };
}

function listOf(schema: Schema, root: Schema): Plain {
  const item = resolve(schema.items, root);
  return item.enum ? { kind: "set", options: item.enum } : { kind: "list", item };
}

function choiceOf(options: readonly Json[]): Shape {
  return {
    kind: "choice",
    options: options.filter((it) => it !== null),
    nullable: options.includes(null),
  };
}

function eitherOf(schema: Schema, either: readonly Schema[], root: Schema): Shape {
  const all = either.map((it) => resolve(it, root));
  const real = all.filter((it) => it.type !== "null" && it.const !== null);
  const nullable = real.length < all.length;
  const [only, ...others] = withoutNarrower(real);
  if (!only) return { kind: "any", nullable };
  const { anyOf: _, oneOf: __, discriminator, ...words } = schema;
  if (others.length === 0) return { ...shapeOf({ ...only, ...words }, root), nullable };
  const tag = discriminator?.propertyName ?? commonTag([only, ...others], root);
  const variants = [only, ...others].map((it) => ({
    label: variantLabel(it, tag, root),
    schema: it,
  }));
  return { kind: "variants", nullable, variants, ...(tag ? { tag } : {}) };
}

/** Where any number will do, a whole number is no case of its own. */
function withoutNarrower(schemas: readonly Schema[]): readonly Schema[] {
  const wide = schemas.some((it) => it.type === "number");
  return wide ? schemas.filter((it) => it.type !== "integer") : schemas;
}

function manyTypes(schema: Schema, types: readonly string[], root: Schema): Shape {
  const { type: _, ...words } = schema;
  return eitherOf(
    {},
    types.map((type) => (type === "null" ? { type } : { ...words, type })),
    root,
  );
}

/** The member that every variant gives one value of its own, where there is one. */
function commonTag(schemas: readonly Schema[], root: Schema): string | undefined {
  const names = Object.keys(schemas[0]?.properties ?? {});
  return names.find((name) => {
    const values = schemas.map((it) => tagValue(it, name, root));
    return values.every((it) => it !== undefined) && new Set(values).size === values.length;
  });
}

/** The one value that a schema allows for a member. */
export function tagValue(schema: Schema, name: string, root: Schema): Json | undefined {
  const member = resolve(schema.properties?.[name], root);
  if (member.const !== undefined) return member.const;
  return member.enum?.length === 1 ? member.enum[0] : undefined;
}

const KINDS: Readonly<Record<string, string>> = {
  string: "Text",
  integer: "Whole number",
  number: "Number",
  boolean: "Yes or no",
  array: "List",
  object: "Object",
};

function variantLabel(schema: Schema, tag: string | undefined, root: Schema): string {
  const value = tag === undefined ? undefined : tagValue(schema, tag, root);
  if (value !== undefined) return String(value);
  if (schema.title) return schema.title;
  if (schema.enum) return "From a list";
  return KINDS[typesOf(schema)[0] ?? ""] ?? "Other";
}

export function titleOf(schema: Schema, name: string): string {
  return schema.title ?? name.replaceAll("_", " ").replace(/^./, (it) => it.toUpperCase());
}

function typesOf({ type }: Schema): readonly string[] {
  return type === undefined ? [] : typeof type === "string" ? [type] : type;
}

function impliedType(schema: Schema): string | undefined {
  if (schema.properties) return "object";
  return schema.items ? "array" : undefined;
}

function isLong({ maxLength }: Schema): boolean {
  return maxLength !== undefined && maxLength >= LONG;
}

export function isSecret({ writeOnly, format }: Schema): boolean {
  return writeOnly === true || format === "password";
}

/** The members of an object that its schema does not know. */
export function strangers(value: JsonObject, fields: readonly Field[]): string[] {
  return Object.keys(value).filter((name) => !fields.some((it) => it.name === name));
}

export function placeOf(options: readonly Json[], value: Json | undefined): number {
  return options.findIndex((it) => sameJson(it, value));
}
