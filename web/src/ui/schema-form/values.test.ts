import { expect, test } from "vitest";
import { isList, isObject, type Json, parseJson } from "~/lib/json.ts";
import { type Schema, shapeOf } from "~/ui/schema-form/shape.ts";
import { canShow, carried, seed, variantOf, withoutSecrets } from "~/ui/schema-form/values.ts";
import document from "../../../openapi.json";

const components = JSON.stringify(document.components.schemas);
const root: Schema = {
  $defs: JSON.parse(components.replaceAll("#/components/schemas/", "#/$defs/")),
};
const BUILT_IN = [
  "AiInference",
  "Custom",
  "DataProcessing",
  "Email",
  "SecurityScan",
  "WebScraping",
];
const ORDERS = BUILT_IN.map((name) => {
  const order = root.$defs?.[`${name}Order`];
  const payload = order?.properties?.payload ?? {};
  return [name, payload, (order?.examples ?? []) as { payload: Json }[]] as const;
});

/** Where a form could only offer JSON for a value. */
function unshown(value: Json, schema: Schema, path: string): string[] {
  const shape = shapeOf(schema, root);
  if (!canShow(shape, value, root)) return [path];
  if (shape.kind === "variants") {
    const variant = shape.variants[variantOf(shape, value, root)];
    return variant ? unshown(value, variant.schema, path) : [path];
  }
  if (shape.kind === "list" && isList(value)) {
    return value.flatMap((it, place) => unshown(it, shape.item, `${path}/${place}`));
  }
  if (!isObject(value)) return [];
  return Object.entries(value).flatMap(([name, inside]) => {
    if (shape.kind === "map") return unshown(inside, shape.value, `${path}/${name}`);
    const field = shape.kind === "object" && shape.fields.find((it) => it.name === name);
    return field ? unshown(inside, field.schema, `${path}/${name}`) : [];
  });
}

/** Every control that a schema can lead to, to a depth that its recursion does not pass. */
function kinds(schema: Schema, depth = 0): string[] {
  const shape = shapeOf(schema, root);
  if (depth > 6) return [];
  const inside =
    shape.kind === "object"
      ? shape.fields.map((it) => it.schema)
      : shape.kind === "variants"
        ? shape.variants.map((it) => it.schema)
        : shape.kind === "list"
          ? [shape.item]
          : shape.kind === "map"
            ? [shape.value]
            : [];
  return [shape.kind, ...inside.flatMap((it) => kinds(it, depth + 1))];
}

test.each(ORDERS)("%s: every value of its examples has a control", (_, schema, examples) => {
  expect(examples.length).toBeGreaterThan(0);
  expect(examples.flatMap((it) => unshown(it.payload, schema, ""))).toEqual([]);
});

test.each(ORDERS)(
  "%s: a form can begin empty, and each of its schemas has a shape",
  (_, schema) => {
    expect(unshown(seed(schema, root), schema, "")).toEqual([]);
    expect(new Set(kinds(schema)).size).toBeGreaterThan(2);
  },
);

test("a tagged union begins with its first variant, by its tag alone", () => {
  const schema = root.$defs?.DataProcessingPayload ?? {};
  const shape = shapeOf(schema, root);
  expect(shape).toMatchObject({ kind: "variants", tag: "operation" });
  expect(seed(schema, root)).toEqual({ operation: "profile" });
});

test("another variant keeps what it knows of the one before", () => {
  const shape = shapeOf(root.$defs?.DataProcessingPayload ?? {}, root);
  if (shape.kind !== "variants") throw new Error("no union");
  const sql = shape.variants.find((it) => it.label === "sql")?.schema ?? {};
  const before = parseJson(
    '{"operation":"aggregate","dataset":"sales_q1","rows":7,"params":{"group_by":["a"],"limit":5}}',
  );
  expect(carried(before, sql, root)).toEqual({
    operation: "sql",
    dataset: "sales_q1",
    rows: 7,
    params: { limit: 5 },
  });
});

test("what is no number yet is kept as it was typed", () => {
  const shape = shapeOf({ type: "integer" }, root);
  expect(canShow(shape, "12,", root)).toBe(true);
  expect(canShow(shape, true, root)).toBe(false);
});

test("of text and list, the value tells which is meant", () => {
  const schema: Schema = {
    anyOf: [{ type: "string" }, { type: "array", items: { type: "string" } }],
  };
  const shape = shapeOf(schema, root);
  if (shape.kind !== "variants") throw new Error("no union");
  expect([variantOf(shape, "a", root), variantOf(shape, ["a"], root)]).toEqual([0, 1]);
  expect(variantOf(shape, 5, root)).toBe(-1);
});

test("a schema that leads to itself has a shape at every level", () => {
  const tree: Schema = {
    $ref: "#/$defs/Node",
    $defs: {
      Node: {
        type: "object",
        properties: { children: { type: "array", items: { $ref: "#/$defs/Node" } } },
      },
    },
  };
  const shape = shapeOf(tree, tree);
  if (shape.kind !== "object") throw new Error("no object");
  expect(shapeOf(shape.fields[0]?.schema ?? {}, tree).kind).toBe("list");
  expect(seed(tree, tree)).toEqual({});
  expect(
    shapeOf({ $ref: "#/$defs/Loop" }, { $defs: { Loop: { $ref: "#/$defs/Loop" } } }).kind,
  ).toBe("any");
});

test("secrets are taken out, at every depth, and so is what nobody knows", () => {
  const secret: Schema = { type: "string", writeOnly: true };
  const schema: Schema = {
    type: "object",
    properties: {
      host: { type: "string" },
      password: { type: "string", format: "password" },
      logins: {
        type: "array",
        items: { type: "object", properties: { name: { type: "string" }, token: secret } },
      },
      headers: { type: "object", additionalProperties: secret },
    },
  };
  const value = parseJson(
    '{"host":"a","password":"p","logins":[{"name":"n","token":"t"}],"headers":{"x":"y"},"other":1}',
  );
  expect(withoutSecrets(value, schema, schema)).toEqual({
    host: "a",
    logins: [{ name: "n" }],
    headers: {},
  });
});
