import type { KeyScope, Permission, Priority } from "~/api/schema.ts";

/** What each permission is called; undefined: it takes a sign-in, so no key can have it. */
export const PERMISSION_WORDS = {
  read: "Read everything",
  submit: "Submit jobs",
  act: "Cancel, retry and delete jobs",
  control: "Control queues and workers",
  schedule: "Change schedules",
  webhooks: "Webhooks",
  audit: "Read the audit trail",
  system: "Read the state of the system",
  secret: undefined,
  account: undefined,
  users: undefined,
} satisfies Record<Permission, string | undefined>;

/** Those that a key of this account can have. */
export function grantable(permissions: readonly Permission[]): Permission[] {
  return permissions.filter((it) => PERMISSION_WORDS[it] !== undefined);
}

/** What was chosen, as an order has it: choosing nothing narrows nothing. */
export function scopeOf(chosen: {
  readonly permissions: readonly Permission[];
  readonly types: readonly string[];
  readonly priorities: readonly Priority[];
}): KeyScope | null {
  const { permissions, types, priorities } = chosen;
  if (permissions.length + types.length + priorities.length === 0) return null;
  return {
    permissions: permissions.length ? [...permissions] : null,
    types: types.length ? [...types] : null,
    priorities: priorities.length ? [...priorities] : null,
    rate_limit: null,
    networks: null,
  };
}

/** What a key may do, in a line. */
export function inWords(scope: KeyScope | null): string {
  if (!scope) return "All that you may, but for passwords, sessions and keys";
  const { permissions, types, priorities, networks, rate_limit } = scope;
  return [
    permissions ? permissions.join(", ") : "all",
    types && `of ${types.join(", ")}`,
    priorities && `in ${priorities.join(", ")}`,
    networks && `from ${networks.join(", ")}`,
    rate_limit && `at most ${rate_limit} requests a window`,
  ]
    .filter(Boolean)
    .join("; ");
}
