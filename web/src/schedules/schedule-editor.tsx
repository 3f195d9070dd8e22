import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { type ReactNode, useContext } from "react";
import { jobTypesQuery } from "~/api/job-types.ts";
import { scheduleQuery } from "~/api/schedules.ts";
import type { TypeDescription } from "~/api/schema.ts";
import { EditorForm } from "~/schedules/editor-form.tsx";
import { planOf } from "~/schedules/plan.ts";
import { Failure, Skeleton } from "~/ui/faces.tsx";
import { ZoneContext } from "~/ui/moment.tsx";
import { beginningOf } from "~/ui/order/basics.ts";
import { Page } from "~/ui/page.tsx";

const route = getRouteApi("/schedules");

/** Makes a schedule, from nothing or after another; or changes one. */
export function ScheduleEditor() {
  const { edit, copy } = route.useSearch();
  const source = edit === "new" ? copy : edit;
  return (
    <Page title={edit === "new" ? "New schedule" : "Edit a schedule"}>
      {source === undefined ? <Blank /> : <After id={source} isCopy={edit === "new"} />}
    </Page>
  );
}

function Blank() {
  const zone = useContext(ZoneContext);
  return (
    <WithTypes>
      {(types) => {
        const [first] = types;
        if (!first) return <p>No job type is known here, so there is nothing to plan.</p>;
        const begin = {
          name: "",
          cron: "0 6 * * *",
          timezone: zone,
          template: { type: first.name, payload: beginningOf(first) },
        };
        return <EditorForm types={types} begin={begin} />;
      }}
    </WithTypes>
  );
}

function After({ id, isCopy }: { id: string; isCopy: boolean }) {
  const query = useQuery({
    ...scheduleQuery(id),
    // Under the hands of its editor a form does not change by itself.
    staleTime: Number.POSITIVE_INFINITY,
    refetchOnMount: "always",
  });
  if (query.isFetching) return <Skeleton rows={10} height={48} />;
  if (!query.data) {
    return query.error && <Failure error={query.error} onRetry={() => query.refetch()} />;
  }
  const kept = query.data;
  const plan = planOf(kept);
  return (
    <WithTypes>
      {(types) =>
        isCopy ? (
          <EditorForm types={types} begin={{ ...plan, name: `${kept.name} (copy)` }} />
        ) : (
          <EditorForm types={types} begin={plan} kept={kept} />
        )
      }
    </WithTypes>
  );
}

interface WithTypesProps {
  readonly children: (types: readonly TypeDescription[]) => ReactNode;
}

function WithTypes({ children }: WithTypesProps) {
  const types = useQuery(jobTypesQuery);
  if (types.data) return children(types.data.items);
  if (types.error) return <Failure error={types.error} onRetry={() => types.refetch()} />;
  return <Skeleton rows={10} height={48} />;
}
