/**
 * Who is signed in. The refresh token is a cookie that scripts cannot read; the access token lives
 * in memory only, so a new tab begins by renewing it.
 */
import type { Account, TokenPair } from "~/api/schema.ts";
import { freshKey } from "~/lib/fresh-key.ts";

const BASE = "/api/v1/auth";
const EARLY_MS = 60_000;

export type Session =
  | { readonly state: "unknown" }
  | { readonly state: "out"; readonly reason?: "ended" }
  | { readonly state: "in"; readonly account: Account };

let session: Session = { state: "unknown" };
let token: { value: string; staleAt: number } | undefined;
let renewing: Promise<boolean> | undefined;
const listeners = new Set<() => void>();
const tabs = new BroadcastChannel("taskforge.session");

tabs.onmessage = () => leave();

export function currentSession(): Session {
  return session;
}

export function onSession(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** A token that is good for a while yet; undefined when nobody is signed in. */
export async function accessToken(): Promise<string | undefined> {
  if (!token || Date.now() > token.staleAt) await renew();
  return token?.value;
}

/** Trade the cookie for the next access token; whether somebody is signed in. */
export function renew(): Promise<boolean> {
  renewing ??= trade().finally(() => {
    renewing = undefined;
  });
  return renewing;
}

/** What the server said when it refused is the caller's to show. */
export async function signIn(username: string, password: string): Promise<Response> {
  const answer = await post("/login", { username, password, session: "cookie" });
  if (answer.ok) enter((await answer.clone().json()) as TokenPair);
  return answer;
}

export async function signOut(): Promise<void> {
  const value = await accessToken();
  if (value) await post("/logout", undefined, value).catch(() => undefined);
  tabs.postMessage("out");
  leave();
}

/** The account has changed, as its owner or an admin sees it. */
export function updateAccount(account: Account): void {
  if (session.state === "in") set({ state: "in", account });
}

async function trade(): Promise<boolean> {
  // Tabs share the cookie, and each value of it is good once: one tab at a time. A page that came
  // over plain HTTP has no locks; there a tab that was outrun is signed out.
  const locks: LockManager | undefined = navigator.locks;
  return locks ? locks.request("taskforge.refresh", refresh) : refresh();
}

async function refresh(): Promise<boolean> {
  const answer = await post("/refresh", { nonce: freshKey() });
  if (answer.ok) enter((await answer.json()) as TokenPair);
  else if (answer.status === 401 || answer.status === 403) leave();
  return answer.ok;
}

function post(path: string, body: unknown, bearer?: string): Promise<Response> {
  const headers: Record<string, string> = { "X-Taskforge-Session": "1" };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  if (bearer) headers.Authorization = `Bearer ${bearer}`;
  return fetch(BASE + path, {
    method: "POST",
    headers,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
}

function enter(pair: TokenPair): void {
  token = { value: pair.access_token, staleAt: Date.now() + pair.expires_in * 1000 - EARLY_MS };
  set({ state: "in", account: pair.user });
}

function leave(): void {
  const wasIn = session.state === "in";
  token = undefined;
  set(wasIn ? { state: "out", reason: "ended" } : { state: "out" });
}

function set(next: Session): void {
  session = next;
  for (const listener of listeners) listener();
}
