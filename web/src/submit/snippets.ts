/** An order as a command or a program that submits it. Pure: what is quoted runs nothing else. */
import { isNumber, isObject, type Json, type JsonObject, pretty } from "~/lib/json.ts";

export const LANGUAGES = ["curl", "Python", "CLI"] as const;
export type Language = (typeof LANGUAGES)[number];

/**
 * @param order the body of `POST /jobs`.
 * @param server where the API answers, such as `http://127.0.0.1:8000`.
 */
export function snippet(language: Language, order: JsonObject, server: string): string {
  switch (language) {
    case "curl":
      return curl(order, server);
    case "Python":
      return python(order, server);
    case "CLI":
      return cli(order, server);
  }
}

function curl(order: JsonObject, server: string): string {
  return [
    `curl -X POST ${quoted(`${server}/api/v1/jobs`)} \\`,
    `  -H "X-API-Key: $TASKFORGE_API_KEY" \\`,
    `  -H 'Content-Type: application/json' \\`,
    `  --data-binary ${quoted(pretty(order))}`,
  ].join("\n");
}

function python(order: JsonObject, server: string): string {
  return [
    "import os",
    "",
    "import httpx",
    "",
    "answer = httpx.post(",
    `    ${literal(`${server}/api/v1/jobs`)},`,
    `    headers={"X-API-Key": os.environ["TASKFORGE_API_KEY"]},`,
    `    json=${literal(order, "    ")},`,
    ")",
    "answer.raise_for_status()",
    `print(answer.json()["id"])`,
  ].join("\n");
}

/** The command's names for what an order says. */
const FLAGS: Readonly<Record<string, string>> = {
  priority: "--priority",
  max_retries: "--max-retries",
  timeout_seconds: "--timeout",
  webhook_url: "--webhook",
  idempotency_key: "--key",
  scheduled_at: "--at",
};

function cli(order: JsonObject, server: string): string {
  const { type, payload, tags, ...options } = order;
  const parts = [
    `TASKFORGE_URL=${quoted(server)} taskforge job submit ${quoted(String(type))}`,
    ...(isObject(payload) && Object.keys(payload).length > 0
      ? [`--payload ${quoted(JSON.stringify(payload))}`]
      : []),
    ...(Array.isArray(tags) ? tags.map((it) => flag("--tag", it as Json)) : []),
    ...Object.entries(options).map(([name, value]) => flag(FLAGS[name] ?? `--${name}`, value)),
    "--watch",
  ];
  return parts.join(" \\\n  ");
}

/** With `=`, since a value may begin with a dash. */
function flag(name: string, value: Json): string {
  return `${name}=${quoted(typeof value === "string" ? value : JSON.stringify(value))}`;
}

/** One word for a POSIX shell, whatever stands in it. */
export function quoted(text: string): string {
  return /^[\w./:@-]+$/.test(text) && !text.startsWith("-")
    ? text
    : `'${text.replaceAll("'", `'\\''`)}'`;
}

/** JSON as Python writes it; JSON's texts and numbers are Python's too. */
export function literal(value: Json, indent = ""): string {
  if (value === null) return "None";
  if (typeof value === "boolean") return value ? "True" : "False";
  if (typeof value === "string" || isNumber(value)) return JSON.stringify(value);
  const inner = `${indent}    `;
  const [open, close] = isObject(value) ? ["{", "}"] : ["[", "]"];
  const items = isObject(value)
    ? Object.entries(value).map(([name, it]) => `${JSON.stringify(name)}: ${literal(it, inner)}`)
    : (value as readonly Json[]).map((it) => literal(it, inner));
  return items.length === 0
    ? `${open}${close}`
    : `${open}\n${items.map((it) => `${inner}${it},\n`).join("")}${indent}${close}`;
}
