import type { TypeDescription } from "~/api/schema.ts";
import { isObject, type Json, type JsonObject } from "~/lib/json.ts";
import type { Schema } from "~/ui/schema-form/shape.ts";
import { seed, withoutSecrets } from "~/ui/schema-form/values.ts";

export function schemaOf(type: TypeDescription): Schema {
  return type.payload_schema as Schema;
}

export function examplesOf(type: TypeDescription): readonly JsonObject[] {
  return type.examples as readonly JsonObject[];
}

/** Nothing, as far as a type allows it. */
export function emptyOf(type: TypeDescription): JsonObject {
  const schema = schemaOf(type);
  const empty = seed(schema, schema);
  return isObject(empty) ? empty : {};
}

/** The first example, where an order of nothing is of no use. */
export function beginningOf(type: TypeDescription): JsonObject {
  return examplesOf(type)[0] ?? emptyOf(type);
}

/** The fields to show at once: those of the first example, and those that depend on what is installed. */
export function basicsOf(type: TypeDescription): ReadonlySet<string> | undefined {
  const [first] = type.examples;
  if (!first) return undefined;
  return new Set([...Object.keys(first), ...Object.keys(type.offers)]);
}

/** A payload as a browser may remember it. */
export function memorable(type: TypeDescription, payload: JsonObject): JsonObject {
  const schema = schemaOf(type);
  const kept: Json | undefined = withoutSecrets(payload, schema, schema);
  return isObject(kept) ? kept : {};
}

const TELLING = ["operation", "task", "scan_type", "template", "subject"];

/** What each example is about, in a word or two; a number tells apart those about the same. */
export function exampleNames(examples: readonly JsonObject[]): readonly string[] {
  const names = examples.map((it, place) => {
    const name = TELLING.map((field) => it[field]).find((said) => typeof said === "string");
    return typeof name === "string" && name.length <= 32 ? name : `example ${place + 1}`;
  });
  return names.map((name, place) => {
    const before = names.slice(0, place).filter((it) => it === name).length;
    return before === 0 ? name : `${name} ${before + 1}`;
  });
}
