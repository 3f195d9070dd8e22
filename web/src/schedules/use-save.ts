import { useRef, useState } from "react";
import { changeSchedule, makeSchedule } from "~/api/schedules.ts";
import type { ScheduleDetail } from "~/api/schema.ts";
import { freshKey } from "~/lib/fresh-key.ts";
import type { JsonObject } from "~/lib/json.ts";

/** Makes a schedule, or changes one where it is still the one that was looked at. */
export function useSave() {
  const sent = useRef({ text: "", key: "" });
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<Error>();

  async function save(
    base: ScheduleDetail | undefined,
    change: JsonObject,
  ): Promise<ScheduleDetail | undefined> {
    setBusy(true);
    setError(undefined);
    try {
      if (base) return await changeSchedule(base.id, { ...change, version: base.version });
      const text = JSON.stringify(change);
      if (sent.current.text !== text) sent.current = { text, key: freshKey() };
      return await makeSchedule(change, sent.current.key);
    } catch (cause) {
      setError(cause instanceof Error ? cause : new Error(String(cause)));
      return undefined;
    } finally {
      setBusy(false);
    }
  }

  return { save, busy, error };
}
