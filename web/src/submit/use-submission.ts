import { useQueryClient } from "@tanstack/react-query";
import { useRef, useState } from "react";
import { makeSchedule } from "~/api/schedules.ts";
import { submitJob } from "~/api/submissions.ts";
import { freshKey } from "~/lib/fresh-key.ts";
import type { JsonObject } from "~/lib/json.ts";

export type Made = { readonly kind: "job" | "schedule"; readonly id: string };

/**
 * Sends an order once: a double click, or another try after the answer was lost, makes nothing new.
 * Each other order gets another key.
 */
export function useSubmission() {
  const client = useQueryClient();
  const sent = useRef({ text: "", key: "" });
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<Error>();

  async function send(kind: Made["kind"], order: JsonObject): Promise<Made | undefined> {
    setBusy(true);
    setError(undefined);
    try {
      const made = { kind, id: await post(kind, order, keyOf(kind + JSON.stringify(order))) };
      sent.current = { text: "", key: "" };
      void client.invalidateQueries({ queryKey: [kind === "job" ? "jobs" : "schedules"] });
      return made;
    } catch (cause) {
      setError(cause instanceof Error ? cause : new Error(String(cause)));
      return undefined;
    } finally {
      setBusy(false);
    }
  }

  function keyOf(text: string): string {
    if (sent.current.text !== text) sent.current = { text, key: freshKey() };
    return sent.current.key;
  }

  return { send, busy, error };
}

async function post(kind: Made["kind"], order: JsonObject, key: string): Promise<string> {
  if (kind === "schedule") return (await makeSchedule(order, key)).id;
  // An order that names a key of its own needs no other.
  return (await submitJob(order, order.idempotency_key === undefined ? key : undefined)).id;
}
