/** The dashboard at an address, signed in, on an API that answers what the test says. */
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { createMemoryHistory, createRouter, RouterProvider } from "@tanstack/react-router";
import { cleanup, configure, render } from "@testing-library/react";
import { afterEach, vi } from "vitest";
import type { Account, Permission, Problem, Role, TokenPair } from "~/api/schema.ts";
import { renew } from "~/api/session.ts";
import { Keyboard } from "~/keys/keyboard.tsx";
import { LiveProvider } from "~/live/live.tsx";
import { router as real } from "~/routes.tsx";
import { PreferencesProvider } from "~/shell/preferences.tsx";
import { AT } from "~/test/make.ts";
import { ToastProvider } from "~/ui/toast.tsx";

/** A body, or a refusal; a promise that never settles is an answer on its way. */
type Reply = { readonly body: unknown } | { readonly problem: Partial<Problem> };

/** By method and path, `GET /api/v1/queues`; what is not named is not found. */
export type Replies = Readonly<Record<string, Reply | Promise<Reply>>>;

/** Something that was asked of the API. */
export interface Asked {
  readonly what: string;
  readonly body: string;
}

export const NEVER = new Promise<Reply>(() => undefined);

/** The requests that change something come back as they were sent. */
export async function show(path: string, replies: Replies, role: Role = "admin") {
  const asked: Asked[] = [];
  const known: Replies = { "POST /api/v1/auth/refresh": { body: pairOf(role) }, ...replies };
  vi.stubGlobal("fetch", async (input: Request | string, init?: RequestInit) => {
    const method = input instanceof Request ? input.method : (init?.method ?? "GET");
    const url = new URL(input instanceof Request ? input.url : input, window.location.href);
    const what = `${method} ${url.pathname}`;
    asked.push({ what, body: input instanceof Request ? await input.clone().text() : "" });
    return responseOf(await (known[what] ?? { problem: { status: 404, title: "Not found" } }));
  });
  await renew();

  const history = createMemoryHistory({ initialEntries: [path] });
  const router = createRouter({ ...real.options, routeTree: real.routeTree, history });
  const client = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  const wiring = { onGap: () => undefined };
  render(
    <PreferencesProvider>
      <QueryClientProvider client={client}>
        <LiveProvider {...wiring}>
          <Keyboard enabled>
            <ToastProvider>
              <RouterProvider router={router} />
            </ToastProvider>
          </Keyboard>
        </LiveProvider>
      </QueryClientProvider>
    </PreferencesProvider>,
  );
  return { asked, router };
}

// Lazy pages are compiled when they are first asked for; the whole tree helps nobody.
configure({
  asyncUtilTimeout: 10_000,
  getElementError: (message) => new Error(message?.split("\n")[0]),
});

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

// What a browser has and jsdom has not.
window.matchMedia = (query) =>
  Object.assign(new EventTarget(), {
    media: query,
    matches: query.includes("min-width"),
    onchange: null,
    addListener: () => undefined,
    removeListener: () => undefined,
  });
Element.prototype.scrollIntoView = () => undefined;
Element.prototype.scrollTo = () => undefined;
window.scrollTo = () => undefined;
Element.prototype.getAnimations = () => [];

function responseOf(reply: Reply): Response {
  const status = "problem" in reply ? (reply.problem.status ?? 500) : 200;
  const kind = "problem" in reply ? "application/problem+json" : "application/json";
  return new Response(JSON.stringify("problem" in reply ? reply.problem : reply.body), {
    status,
    headers: { "Content-Type": kind, "X-Request-ID": "req-1" },
  });
}

function pairOf(role: Role): TokenPair {
  return {
    access_token: "token",
    refresh_token: null,
    token_type: "bearer",
    expires_in: 900,
    user: makeAccount(role),
  };
}

const READS: readonly Permission[] = ["account", "read"];
const ACTS: readonly Permission[] = [...READS, "act", "schedule", "secret", "submit", "webhooks"];
const PERMISSIONS = {
  viewer: READS,
  operator: ACTS,
  admin: [...ACTS, "audit", "control", "users"],
} satisfies Record<Role, readonly Permission[]>;

function makeAccount(role: Role): Account {
  const granted = { permissions: [...PERMISSIONS[role]] };
  return {
    ...granted,
    id: "019a2f70-3333-7d18-9c47-6b2f8a3e5d01",
    username: "ann",
    email: "ann@example.org",
    role,
    active: true,
    created_at: AT,
    rate_limit: null,
  };
}
