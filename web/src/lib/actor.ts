/** Who did something, as people say it: `user:ann` is ann, a service goes by its own name. */
export function actorName(actor: string): string {
  return actor.startsWith("user:") ? actor.slice("user:".length) : `the ${actor}`;
}
