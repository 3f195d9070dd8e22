import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useState } from "react";
import { jobTypesQuery } from "~/api/job-types.ts";
import type { JobDetail, TypeDescription } from "~/api/schema.ts";
import { originalQuery } from "~/api/submissions.ts";
import type { JsonObject } from "~/lib/json.ts";
import { type Memory, recall } from "~/submit/memory.ts";
import { SubmitForm } from "~/submit/submit-form.tsx";
import { TypeList } from "~/submit/type-list.tsx";
import { Empty, Failure, Notice, Skeleton } from "~/ui/faces.tsx";
import { emptyOf, examplesOf } from "~/ui/order/basics.ts";
import { Page } from "~/ui/page.tsx";

const route = getRouteApi("/submit");

export function SubmitPage() {
  const { type: name, clone } = route.useSearch();
  const types = useQuery(jobTypesQuery);
  const original = useQuery({ ...originalQuery(clone ?? ""), enabled: clone !== undefined });
  const wanted = name ?? original.data?.type;
  const type = types.data?.items.find((it) => it.name === wanted);

  if (types.isError) {
    return (
      <Page title="Submit a job">
        <Failure error={types.error} onRetry={() => types.refetch()} />
      </Page>
    );
  }
  if (types.isPending || (clone !== undefined && original.isPending)) {
    return (
      <Page title="Submit a job">
        <Skeleton rows={6} height={64} />
      </Page>
    );
  }
  return (
    <Page title="Submit a job">
      {original.error && <Notice error={original.error} />}
      {wanted !== undefined && !type && <Unknown name={wanted} />}
      {type ? (
        <Begun type={type} types={types.data.items} original={original.data} />
      ) : (
        <TypeList types={types.data.items} />
      )}
    </Page>
  );
}

interface BegunProps {
  readonly type: TypeDescription;
  readonly types: readonly TypeDescription[];
  readonly original: JobDetail | undefined;
}

/** Another type, example or original begins another form. */
function Begun({ type, types, original }: BegunProps) {
  const { example, clone, as = "form" } = route.useSearch();
  const navigate = route.useNavigate();
  // An example begins the form anew, also when it is the one that stands in the address already.
  const [round, setRound] = useState(0);
  const before = original?.type === type.name ? original : undefined;
  const begin = before ? cloned(before) : begun(type, example);
  return (
    <SubmitForm
      key={`${type.name} ${example} ${clone} ${round}`}
      type={type}
      types={types}
      begin={begin}
      onBegin={() => setRound(round + 1)}
      view={as}
      onView={(view) =>
        void navigate({
          search: ({ as: _, ...rest }) => (view === "json" ? { ...rest, as: view } : rest),
          replace: true,
        })
      }
      {...(before ? { original: { id: before.id, payload: begin.payload } } : {})}
    />
  );
}

/** From an example, from nothing, or from what was submitted last. */
function begun(type: TypeDescription, example: number | undefined): Memory {
  const nothing = { payload: emptyOf(type), options: {} };
  if (example === undefined) return recall(type) ?? nothing;
  const payload = examplesOf(type)[example];
  return payload ? { payload, options: {} } : nothing;
}

function cloned(job: JobDetail): Memory {
  return {
    payload: job.payload as JsonObject,
    options: {
      priority: job.priority,
      max_retries: job.max_retries,
      timeout_seconds: job.timeout_seconds,
      ...(job.tags.length > 0 ? { tags: job.tags } : {}),
    },
  };
}

function Unknown({ name }: { name: string }) {
  return (
    <Empty title="No such job type">
      <p>
        Nothing here runs <span className="figures">{name}</span>. Choose another type.
      </p>
    </Empty>
  );
}
