// What a user writes with the generated TypeScript client; `client` and `schema` are made by the test.

import { client } from "./client/client.gen.js";
import { followEvents, getJob, listJobs, signIn, submitJob, submitJobs } from "./client/sdk.gen.js";
import type { DataProcessingOrder, JobOrder, JobStatus, Problem } from "./client/types.gen.js";
import type { components, paths } from "./schema.js";

declare const process: { argv: string[] };

// What both generators make of an order is the same, and neither takes a wrong one.
type Body = paths["/api/v1/jobs"]["post"]["requestBody"]["content"]["application/json"];
const shared = (order: JobOrder): Body => order;
const status: JobStatus = "dead_letter" satisfies components["schemas"]["JobStatus"];
// @ts-expect-error: there is no such operation
shared({ type: "data_processing", payload: { operation: "guess", dataset: "sales_q1" } });
// @ts-expect-error: that is the payload of another type
shared({ type: "web_scraping", payload: { operation: "profile", dataset: "sales_q1" } });

function check(found: boolean, what: unknown): asserts found {
  if (!found) throw new Error(JSON.stringify(what));
}

const [baseUrl = "", username = "", password = ""] = process.argv.slice(2);
client.setConfig({ baseUrl });

const tokens = await signIn({ body: { username, password } });
check(tokens.data !== undefined, tokens.error);
const token = tokens.data.access_token;
client.setConfig({ auth: (asked) => (asked.scheme === "bearer" ? token : undefined) });

const profile = (rows: number): DataProcessingOrder => ({
  type: "data_processing",
  payload: { operation: "profile", dataset: "sales_q1", rows },
  tags: ["typescript"],
});
const once = { "Idempotency-Key": "typescript-1" };

const listening = new AbortController();
const { stream } = await followEvents({ signal: listening.signal });
check(!(await stream.next()).done, "the stream ended before it began");

const made = await submitJob({ body: profile(500), headers: once });
const again = await submitJob({ body: profile(500), headers: once });
check(made.data !== undefined && again.data !== undefined, [made.error, again.error]);
const id = made.data.id;
check(made.response?.status === 201 && again.response?.status === 200, [made, again]);
check(again.data.id === id, again.data);

for await (const event of stream) if (event.event === "job_success" && event.job_id === id) break;
listening.abort();

const ended = await getJob({ path: { job_id: id }, query: { wait: 30 } });
check(ended.data?.status === "success", [ended.data, ended.error, status]);
check(ended.data.result !== null, ended.data);

const page = await listJobs({ query: { tag: "typescript", status: ["success"] } });
check(page.data?.items.length === 1 && page.data.items[0]?.id === id, page);

const many = await submitJobs({ body: { jobs: [profile(10), profile(0)] } });
check(many.data?.items.map((item) => item.status).join() === "201,422", many);

const refused = await submitJob({ body: profile(0) });
const problem: Problem | undefined = refused.error;
check(problem?.code === "invalid_payload", refused);
check(problem.errors[0]?.pointer === "/payload/rows", problem);

// A type that the client was made without: plain JSON, by the client underneath.
const say = { type: "say", payload: { value: "hello" } };
const bearer = { headers: { Authorization: `Bearer ${token}` } };
const other = await client.post({ url: "/api/v1/jobs", body: say, ...bearer });
check(other.response?.status === 201, other.error);
