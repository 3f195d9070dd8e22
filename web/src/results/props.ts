import type { JobDetail } from "~/api/schema.ts";
import type { Fields } from "~/results/reading.ts";

/** What every viewer is given. */
export interface ResultProps {
  readonly job: JobDetail;
  readonly result: Fields;
}
