import type { Delivery } from "~/api/schema.ts";

const ERRORS: Readonly<Record<string, string>> = {
  blocked: "Blocked: the address is not allowed",
  dns: "No such host",
  connect: "Could not connect",
  timeout: "No answer in time",
  tls: "TLS failed",
  protocol: "Not an HTTP answer",
};

/** How the last call ended, in words; undefined before the first. */
export function lastAnswer(it: Pick<Delivery, "last_status" | "last_error">): string | undefined {
  if (it.last_status !== null) return `HTTP ${it.last_status}`;
  return it.last_error === null ? undefined : (ERRORS[it.last_error] ?? it.last_error);
}
