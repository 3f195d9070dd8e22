import { useSyncExternalStore } from "react";
import type { Permission } from "~/api/schema.ts";
import { currentSession, onSession, type Session } from "~/api/session.ts";

export function useSession(): Session {
  return useSyncExternalStore(onSession, currentSession);
}

/** Why this person may not, in words; undefined when they may. The API decides all the same. */
export function useUnless(permission: Permission): string | undefined {
  const session = useSession();
  if (session.state !== "in") return "Sign in first.";
  const { permissions, role } = session.account;
  return permissions.includes(permission)
    ? undefined
    : `Your role, ${role}, may not do this. An admin can give you another.`;
}
