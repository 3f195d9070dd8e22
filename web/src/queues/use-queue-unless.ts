import type { QueueView } from "~/api/schema.ts";
import { useUnless } from "~/session/use-session.ts";

/** Why a queue's actions cannot be used now, each in words. */
export function useQueueUnless({ depth, scheduled }: QueueView) {
  const control = useUnless("control");
  const act = useUnless("act");
  return { control, purge: act ?? (depth + scheduled === 0 ? "Nothing waits in it." : undefined) };
}
