/** What was last submitted of a type, as this browser remembers it: never what is secret. */
import type { TypeDescription } from "~/api/schema.ts";
import { isObject, type JsonObject, readObject } from "~/lib/json.ts";
import { remember, remembered } from "~/lib/storage.ts";
import { memorable } from "~/ui/order/basics.ts";

export interface Memory {
  readonly payload: JsonObject;
  readonly options: JsonObject;
}

/** More than this is not worth the room. */
const MOST = 50_000;
const key = (type: TypeDescription) => `submit.${type.name}`;

/** A key of idempotency and an address to call belong to one order, not to the next. */
export function keep(type: TypeDescription, { payload, options }: Memory): void {
  const { idempotency_key: _, webhook_url: __, ...lasting } = options;
  const text = JSON.stringify({ payload: memorable(type, payload), options: lasting });
  remember(key(type), text.length > MOST ? undefined : text);
}

export function recall(type: TypeDescription): Memory | undefined {
  const read = readObject(remembered(key(type)) ?? "");
  if (!read.ok || !isObject(read.value.payload)) return undefined;
  const { payload, options } = read.value;
  return { payload, options: isObject(options) ? options : {} };
}
