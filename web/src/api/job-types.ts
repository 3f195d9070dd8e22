import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { body, http } from "~/api/client.ts";
import type { JobTypePage, TypeDescription } from "~/api/schema.ts";
import { type JsonObject, parseJson } from "~/lib/json.ts";

/** Types change with what is installed: read once, and again when a limit is moved. */
export const jobTypesQuery = queryOptions({
  queryKey: ["job-types"],
  queryFn: ({ signal }) => body(http.GET("/api/v1/job-types", { signal })),
  staleTime: 60_000,
});

/** How many of its jobs all workers together run at once; null lifts the limit. */
export function useTypeLimit(name: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (limit: number | null) =>
      body(
        http.PATCH("/api/v1/job-types/{name}", {
          params: { path: { name } },
          body: { concurrency_limit: limit },
        }),
      ),
    onSuccess: (type) => {
      client.setQueryData(jobTypesQuery.queryKey, (page) => page && withType(page, type));
    },
  });
}

function withType<Page extends Pick<JobTypePage, "items">>(
  page: Page,
  type: TypeDescription,
): Page {
  return { ...page, items: page.items.map((it) => (it.name === type.name ? type : it)) };
}

/**
 * What a submission of a payload would lead to; the refusal when it would be refused.
 *
 * @param text the payload as JSON: in a key, a number must not lose digits.
 */
export function checkQuery(type: string, text: string) {
  return queryOptions({
    queryKey: ["job-types", type, "check", text],
    queryFn: ({ signal }) =>
      body(
        http.POST("/api/v1/job-types/{name}/check", {
          params: { path: { name: type } },
          body: { payload: parseJson(text) as JsonObject },
          signal,
        }),
      ),
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 60_000,
    structuralSharing: false,
  });
}
