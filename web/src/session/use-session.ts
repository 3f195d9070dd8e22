import { useSyncExternalStore } from "react";
import type { Permission, Role } from "~/api/schema.ts";
import { currentSession, onSession, type Session } from "~/api/session.ts";

export function useSession(): Session {
  return useSyncExternalStore(onSession, currentSession);
}

const ROLES: readonly Role[] = ["viewer", "operator", "admin"];
const LEAST = {
  read: "viewer",
  submit: "operator",
  act: "operator",
  control: "admin",
  schedule: "operator",
  webhooks: "operator",
  secret: "operator",
  account: "viewer",
  users: "admin",
  audit: "admin",
} satisfies Record<Permission, Role>;

/** Why this person may not, in words; undefined when they may. The API decides all the same. */
export function useUnless(permission: Permission): string | undefined {
  const session = useSession();
  const role = session.state === "in" ? session.account.role : "viewer";
  const least = LEAST[permission];
  return ROLES.indexOf(role) >= ROLES.indexOf(least)
    ? undefined
    : `Your role, ${role}, may not do this: it takes ${least}.`;
}
