import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { newestFailuresQuery } from "~/api/overview.ts";
import type { FailureGroup } from "~/api/schema.ts";
import { count, roughly } from "~/lib/format.ts";
import { useRefresh } from "~/live/use-refresh.ts";
import { All } from "~/overview/late-queues.tsx";
import { Failure, Skeleton } from "~/ui/faces.tsx";
import { Moment } from "~/ui/moment.tsx";
import { Section } from "~/ui/page.tsx";
import { Sparkline } from "~/ui/sparkline.tsx";

/** The server draws failures in every few seconds; asking sooner tells nothing. */
const EVERY_MS = 10_000;

/** What failed last, alike failures as one. */
export function NewestFailures() {
  const failures = useQuery(newestFailuresQuery);
  useRefresh(
    newestFailuresQuery.queryKey,
    (frame) => frame.event === "job_failed" || frame.event === "job_retrying",
    EVERY_MS,
  );
  return (
    <Section title="Newest failures" actions={<All to="/failures" />}>
      {failures.isPending && <Skeleton rows={5} height={52} />}
      {failures.isError && <Failure error={failures.error} onRetry={() => failures.refetch()} />}
      {failures.data?.items.length === 0 && (
        <p className="border-hairline border-t py-4 text-soft">Nothing has failed.</p>
      )}
      <ul>
        {failures.data?.items.map((group) => (
          <Group key={group.fingerprint} group={group} />
        ))}
      </ul>
    </Section>
  );
}

function Group({ group }: { group: FailureGroup }) {
  return (
    <li className="flex min-h-13 items-center gap-4 border-hairline border-t py-2">
      <div className="min-w-0 flex-1">
        <Link
          to="/failures"
          search={{ group: group.fingerprint }}
          className="block truncate underline decoration-transparent underline-offset-4 hover:decoration-ember"
          title={group.message}
        >
          {group.title}
        </Link>
        <p className="truncate text-faint text-sm">
          <State state={group.state} />
          <span className="figures">{group.type}</span>, last <Moment at={group.last_seen} />
        </p>
      </div>
      <Sparkline
        values={group.hourly}
        label={`${count(group.last_24_hours)} in the last 24 hours`}
        tone="text-failed"
        width={72}
        height={20}
      />
      <span className="figures w-14 text-right" title={`${count(group.total)} in all`}>
        {roughly(group.last_24_hours)}
        <span className="text-faint"> ×</span>
      </span>
    </li>
  );
}

const WORDS = {
  new: { word: "New", tone: "text-failed" },
  known: undefined,
  resolved: { word: "Resolved", tone: "text-success" },
  regressed: { word: "Back again", tone: "text-retrying" },
} satisfies Record<FailureGroup["state"], { word: string; tone: string } | undefined>;

function State({ state }: Pick<FailureGroup, "state">) {
  const said = WORDS[state];
  return said && <span className={said.tone}>{said.word} · </span>;
}
