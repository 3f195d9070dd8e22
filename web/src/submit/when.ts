/** When an order is carried out: now, at a moment, or again and again. Pure. */
import type { JsonObject } from "~/lib/json.ts";

export type When =
  | { readonly kind: "now" }
  | { readonly kind: "later"; readonly at: string | undefined }
  /** `plan`: a schedule without its template. */
  | { readonly kind: "repeat"; readonly plan: JsonObject };

export interface Draft {
  readonly payload: JsonObject;
  readonly options: JsonObject;
  readonly when: When;
}

/** The body of `POST /jobs`; without a moment yet, later is now. */
export function orderOf(type: string, { payload, options, when }: Draft): JsonObject {
  const later = when.kind === "later" && when.at !== undefined ? { scheduled_at: when.at } : {};
  return { type, payload, ...options, ...later };
}

/** The body of `POST /schedules`; a key of idempotency is for one job alone. */
export function planOf(type: string, { payload, options, when }: Draft): JsonObject {
  const { idempotency_key: _, ...lasting } = options;
  const plan = when.kind === "repeat" ? when.plan : {};
  return { ...plan, template: { type, payload, ...lasting } };
}
