/** Who did something, from an event's actor: `user:<name>`, `worker:<id>`, `schedule:<name>`. Pure. */
import type { JobDetail } from "~/api/schema.ts";

export interface Actor {
  readonly kind: "person" | "worker" | "other";
  readonly name: string;
}

export function actorOf(actor: string): Actor {
  const [, kind, name] = /^(\w+):(.*)$/s.exec(actor) ?? [];
  if (kind === "user" && name) return { kind: "person", name };
  if (kind === "worker" && name) return { kind: "worker", name };
  return { kind: "other", name: name ? `${kind} ${name}` : actor };
}

/** Who submitted a job, as its first event tells; undefined when that is no longer kept. */
export function submitter(job: JobDetail): string | undefined {
  const first = job.events[0];
  return first?.version === 1 && first.actor ? actorOf(first.actor).name : undefined;
}
