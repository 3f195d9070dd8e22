/** The first run: one real job of each type that this installation has. */
import { body, http } from "~/api/client.ts";
import type { BulkOrder, BulkOutcome } from "~/api/schema.ts";

/**
 * Submits the first example of every job type; those run without a network or an account.
 *
 * @throws ApiProblem as `body` does; a type that refuses its own example is told in the outcome.
 */
export async function runDemo(): Promise<BulkOutcome> {
  const { items } = await body(http.GET("/api/v1/job-types"));
  const jobs = items.flatMap(({ name, examples }) =>
    examples.slice(0, 1).map((payload) => ({ type: name, payload, tags: ["demo"] })),
  );
  // Examples are typed as any object: that each fits its type is what the server's tests hold.
  const order = { jobs } as unknown as BulkOrder;
  return body(http.POST("/api/v1/jobs/bulk", { body: order }));
}
