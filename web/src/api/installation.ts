import { queryOptions } from "@tanstack/react-query";
import { body, http } from "~/api/client.ts";

/** What is switched on; it changes with a restart only. */
export const installationQuery = queryOptions({
  queryKey: ["installation"],
  queryFn: ({ signal }) => body(http.GET("/api/v1/installation", { signal })),
  staleTime: 600_000,
});
