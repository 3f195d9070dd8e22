import { useQuery } from "@tanstack/react-query";
import { scheduleQuery } from "~/api/schedules.ts";
import type { ScheduleDetail } from "~/api/schema.ts";
import { changeOf, namesOf, planOf } from "~/schedules/plan.ts";
import { Button } from "~/ui/button.tsx";
import { Notice } from "~/ui/faces.tsx";

interface Props {
  /** The version that the form began with. */
  readonly base: ScheduleDetail;
  /** Begin again with what stands now. */
  readonly onTheirs: (now: ScheduleDetail) => void;
  /** Keep what is in the form, to be saved over what stands now. */
  readonly onMine: (now: ScheduleDetail) => void;
}

/** Somebody else was faster: what they changed, and whose version is to stand. */
export function Conflict({ base, onTheirs, onMine }: Props) {
  const { data, error } = useQuery({
    ...scheduleQuery(base.id),
    queryKey: ["schedules", "one", base.id, `after ${base.version}`],
    staleTime: 0,
  });
  if (error) return <Notice error={error} />;
  if (!data) return <p role="status">Somebody else has changed this schedule.</p>;
  const names = namesOf(changeOf(planOf(base), planOf(data)));
  const paused = data.paused !== base.paused ? (data.paused ? ["paused it"] : ["resumed it"]) : [];
  const said = [...(names.length > 0 ? [`changed its ${names.join(", ")}`] : []), ...paused];
  return (
    <div role="alert" className="flex flex-col gap-3 border-retrying border-l-2 py-0.5 pl-3">
      <p>
        Somebody else {said.join(" and ") || "has saved it"} since you opened it. Nothing of yours
        is saved yet.
      </p>
      <div className="flex flex-wrap gap-2">
        <Button onClick={() => onMine(data)}>Keep mine, then save</Button>
        <Button kind="quiet" onClick={() => onTheirs(data)}>
          Begin again with theirs
        </Button>
      </div>
    </div>
  );
}
