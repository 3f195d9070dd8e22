/** How a job is run, beside what it does: a form of its own, by a schema of its own. Pure. */
import type { TypeDescription } from "~/api/schema.ts";
import { span } from "~/lib/format.ts";
import type { Schema } from "~/ui/schema-form/shape.ts";

export function optionsSchema(type: TypeDescription): Schema {
  return {
    type: "object",
    properties: {
      priority: {
        title: "Priority",
        enum: ["low", "normal", "high", "critical"],
        default: type.priority,
        description: "Workers take the more urgent first.",
      },
      tags: {
        title: "Tags",
        type: "array",
        items: { type: "string", maxLength: 64 },
        maxItems: 20,
      },
      max_retries: {
        title: "Retries",
        type: "integer",
        minimum: 0,
        maximum: 25,
        default: type.limits.max_retries,
        description: "After the first try.",
      },
      timeout_seconds: {
        title: "Time limit",
        type: "integer",
        minimum: 1,
        maximum: 86_400,
        default: type.limits.timeout_seconds,
        description: `Seconds that one attempt may run; usually ${span(type.limits.timeout_seconds)}.`,
      },
      webhook_url: {
        title: "Webhook",
        type: "string",
        examples: ["https://example.com/hooks/jobs"],
        description: "Called when the job has ended, however it ends.",
      },
    },
  };
}

/** With the key that makes one job of many equal orders; a template has none. */
export function orderSchema(type: TypeDescription): Schema {
  const schema = optionsSchema(type);
  return {
    ...schema,
    properties: {
      ...schema.properties,
      idempotency_key: {
        title: "Idempotency key",
        type: "string",
        description: "The same key again leads to the same job, for 24 hours.",
      },
    },
  };
}

export const BASIC_OPTIONS: ReadonlySet<string> = new Set(["priority", "tags"]);
