/** The one way to the API: typed paths, the session's token, problems as errors, exact numbers. */
import createClient, { type Middleware } from "openapi-fetch";
import { ApiProblem } from "~/api/problem.ts";
import type { Problem, paths } from "~/api/schema.ts";
import { accessToken, renew } from "~/api/session.ts";
import { parseExactly } from "~/lib/exact-json.ts";

const signed: Middleware = {
  async onRequest({ request }) {
    const token = await accessToken();
    if (token) request.headers.set("Authorization", `Bearer ${token}`);
    return request;
  },
};

const exact: Middleware = {
  async onResponse({ response }) {
    const type = response.headers.get("Content-Type") ?? "";
    if (!response.ok || response.status === 204 || !type.startsWith("application/json")) return;
    const text = await response.text();
    const headers = new Headers(response.headers);
    headers.set("Content-Length", String(text.length)); // without it the client parses by itself
    const read = new Response(text, { status: response.status, headers });
    read.json = async () => parseExactly(text);
    return read;
  },
};

/** Sends a request, and once more with another token when this one was refused. */
async function send(request: Request): Promise<Response> {
  const spare = request.clone();
  const response = await fetch(request);
  if (response.status !== 401 || !(await renew())) return response;
  spare.headers.set("Authorization", `Bearer ${await accessToken()}`);
  return fetch(spare);
}

export const http = createClient<paths>({ baseUrl: window.location.origin, fetch: send });
http.use(signed, exact);

interface Answer<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

/**
 * The body of an answer.
 *
 * @throws ApiProblem what the API refused with, or that it could not be reached.
 */
export async function body<T>(call: Promise<Answer<T>>): Promise<T> {
  const { data, error, response } = await call.catch((cause: unknown) => {
    if (cause instanceof DOMException && cause.name === "AbortError") throw cause;
    throw new ApiProblem(0, { title: "The server cannot be reached", detail: OFFLINE });
  });
  if (!response.ok) {
    const problem = typeof error === "object" && error ? (error as Partial<Problem>) : {};
    throw new ApiProblem(response.status, problem, response.headers);
  }
  return data as T;
}

/**
 * A file of the API, whole: what a link cannot fetch, since a link carries no token.
 *
 * @throws ApiProblem as `body` does.
 */
export async function file(path: string): Promise<Blob> {
  const headers = { Authorization: `Bearer ${await accessToken()}` };
  const response = await send(new Request(path, { headers })).catch(() => {
    throw new ApiProblem(0, { title: "The server cannot be reached", detail: OFFLINE });
  });
  if (response.ok) return response.blob();
  const problem = (await response.json().catch(() => ({}))) as Partial<Problem>;
  throw new ApiProblem(response.status, problem, response.headers);
}

const OFFLINE =
  "Check the network, and whether the API is running; this page tries again by itself.";
