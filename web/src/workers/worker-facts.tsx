import type { WorkerFacts } from "~/api/schema.ts";
import { span } from "~/lib/format.ts";

interface Props {
  readonly facts: WorkerFacts | null;
}

/** Of one core: 200 % is two. */
export function Load({ facts }: Props) {
  if (facts?.cpu_percent == null) return <Unknown />;
  return (
    <span className="figures whitespace-nowrap" title="Of one core, since the heartbeat before">
      {facts.cpu_percent.toFixed(facts.cpu_percent < 10 ? 1 : 0)} %
    </span>
  );
}

/** A loop that is late starts jobs late; from a tenth of a second on a person should know. */
export function Lag({ facts }: Props) {
  const { loop_lag_max_seconds: most, loop_lag_mean_seconds: mean } = facts ?? {};
  if (most == null) return <Unknown />;
  const usual = mean == null ? "" : `, ${span(mean)} on average`;
  return (
    <span
      className={`figures whitespace-nowrap ${most >= 0.1 ? "text-retrying" : ""}`}
      title={`At worst since the heartbeat before${usual}`}
    >
      {span(most)}
    </span>
  );
}

function Unknown() {
  return <span className="text-faint">–</span>;
}
