import type { WorkerView } from "~/api/schema.ts";
import { useUnless } from "~/session/use-session.ts";
import { refusals } from "~/workers/worker-rules.ts";

/** Why an order cannot be given now, each in words. */
export function useWorkerUnless(worker: WorkerView) {
  const control = useUnless("control");
  const { drain, resume, stop } = refusals(worker);
  return { drain: control ?? drain, resume: control ?? resume, stop: control ?? stop };
}
