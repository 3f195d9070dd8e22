import { queryOptions } from "@tanstack/react-query";
import { body, http } from "~/api/client.ts";

/**
 * What happened in each span of the last `minutes`, or of as many before `minutesAgo`.
 *
 * The server keeps an answer for 5 seconds, so asking more often tells nothing new.
 */
export function timeseriesQuery(minutes: number, minutesAgo = 0) {
  return queryOptions({
    queryKey: ["statistics", "timeseries", minutes, minutesAgo],
    queryFn: ({ signal }) =>
      body(
        http.GET("/api/v1/jobs/metrics/timeseries", {
          params: { query: { minutes, minutes_ago: minutesAgo } },
          signal,
        }),
      ),
  });
}
