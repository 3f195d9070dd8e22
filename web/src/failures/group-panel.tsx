import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { failureQuery } from "~/api/failures.ts";
import type { FailureGroup } from "~/api/schema.ts";
import { AlikeJobs } from "~/failures/alike-jobs.tsx";
import { GroupActions } from "~/failures/group-actions.tsx";
import { Hours } from "~/failures/hours.tsx";
import { StateBadge } from "~/failures/state-badge.tsx";
import { count } from "~/lib/format.ts";
import { Copy } from "~/ui/copy.tsx";
import { Failure, Skeleton } from "~/ui/faces.tsx";
import { Facts } from "~/ui/facts.tsx";
import { Moment } from "~/ui/moment.tsx";
import { Panel } from "~/ui/panel.tsx";
import { Shown } from "~/ui/shown.tsx";

interface Props {
  readonly fingerprint: string;
  readonly onClose: () => void;
}

export function GroupPanel({ fingerprint, onClose }: Props) {
  const group = useQuery(failureQuery(fingerprint));
  return (
    <Panel label="Failure" onClose={onClose}>
      {!group.data && (
        <div className="px-4 pt-12 md:px-6">
          {group.isError ? (
            <Failure error={group.error} onRetry={() => void group.refetch()} />
          ) : (
            <Skeleton rows={8} />
          )}
        </div>
      )}
      {group.data && <Group group={group.data} />}
    </Panel>
  );
}

function Group({ group }: { group: FailureGroup }) {
  const { fingerprint, hourly, last_24_hours: today } = group;
  return (
    <div className="flex flex-col gap-5 px-4 pt-4 pb-10 md:px-6">
      <header className="flex flex-col gap-1.5 pr-10">
        <p className="flex flex-wrap items-center gap-x-3">
          <StateBadge state={group.state} />
          <span className="figures text-soft">{group.type}</span>
        </p>
        <h2 className="font-semibold text-lg wrap-anywhere">
          <Shown text={group.title} />
        </h2>
        <p className="figures text-soft wrap-anywhere">
          <Shown text={group.kind} /> · {group.error_class}
        </p>
      </header>
      <GroupActions group={group} />
      {group.note && (
        <p className="whitespace-pre-wrap border-edge border-l-2 py-0.5 pl-3 wrap-anywhere">
          <Shown text={group.note} kept={"\n\t"} />
        </p>
      )}
      <figure className="flex flex-col gap-1.5">
        <Hours hourly={hourly} width={600} height={64} />
        <figcaption className="flex justify-between text-faint text-sm">
          <span>24 h ago</span>
          <span className="text-soft">
            <span className="figures">{count(today)}</span> failed attempts in 24 h
          </span>
          <span>now</span>
        </figcaption>
      </figure>
      <Facts
        facts={[
          ["Still failed", <Amount key="still" n={group.still_failed} unit="job" />],
          ["Total", <Amount key="ever" n={group.total} unit="attempt" />],
          ["First seen", <Moment key="first" at={group.first_seen} />],
          ["Last seen", <Moment key="last" at={group.last_seen} />],
          ["Queues", group.queues.join(", ")],
          [
            "Resolved",
            group.resolved_at && (
              <>
                <Moment at={group.resolved_at} />
                {group.resolved_by && ` by ${group.resolved_by}`}
              </>
            ),
          ],
          [
            "Fingerprint",
            <span key="mark" className="flex items-center gap-1">
              <span className="figures">{fingerprint}</span>
              <Copy text={fingerprint} what="the fingerprint" />
            </span>,
          ],
        ]}
      />
      <section aria-label="Newest message" className="flex flex-col gap-2">
        <h3 className="flex items-baseline justify-between gap-3 font-medium">
          Newest message
          <Link
            to="/jobs/$jobId"
            params={{ jobId: group.job_id }}
            className="font-normal text-ember text-sm hover:underline"
          >
            Open its job
          </Link>
        </h3>
        <pre className="figures max-h-60 overflow-auto whitespace-pre-wrap rounded-md bg-sunken p-3 wrap-anywhere">
          <Shown text={group.message} kept={"\n\t"} />
        </pre>
      </section>
      <AlikeJobs fingerprint={fingerprint} />
    </div>
  );
}

function Amount({ n, unit }: { n: number; unit: string }) {
  return (
    <>
      <span className="figures">{count(n)}</span> {n === 1 ? unit : `${unit}s`}
    </>
  );
}
