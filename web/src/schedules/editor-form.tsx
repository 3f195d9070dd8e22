import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { ApiProblem } from "~/api/problem.ts";
import type { ScheduleDetail, TypeDescription } from "~/api/schema.ts";
import { isObject, type JsonObject, withMember } from "~/lib/json.ts";
import { Conflict } from "~/schedules/conflict.tsx";
import { changeOf, planOf } from "~/schedules/plan.ts";
import { TemplateFields } from "~/schedules/template-fields.tsx";
import { useSave } from "~/schedules/use-save.ts";
import { useUnless } from "~/session/use-session.ts";
import { Button } from "~/ui/button.tsx";
import { Notice } from "~/ui/faces.tsx";
import { bothFaults, faultsBelow, faultsOf } from "~/ui/order/faults.ts";
import { NameRow } from "~/ui/order/name-row.tsx";
import { TimetableFields } from "~/ui/order/timetable-fields.tsx";
import { TimetablePreview } from "~/ui/order/timetable-preview.tsx";
import { useTimetable } from "~/ui/order/use-timetable.ts";
import { Section } from "~/ui/page.tsx";

interface Props {
  readonly types: readonly TypeDescription[];
  readonly begin: JsonObject;
  /** The schedule that is changed; absent when one is made. */
  readonly kept?: ScheduleDetail;
}

export function EditorForm({ types, begin, kept }: Props) {
  const navigate = useNavigate();
  const client = useQueryClient();
  const [plan, setPlan] = useState(begin);
  const [base, setBase] = useState(kept);
  const [whole, setWhole] = useState(true);
  const { save, busy, error } = useSave();
  const timetable = useTimetable(plan);
  const change = base ? changeOf(planOf(base), plan) : plan;
  const forbidden = useUnless("schedule");
  const unless = forbidden ?? notNow(busy, whole, change);
  const refused = faultsOf(error);
  const template = isObject(plan.template) ? plan.template : {};
  const isOld = error instanceof ApiProblem && error.code === "schedule_changed";
  const leave = (id?: string) =>
    void navigate({ to: "/schedules", search: id ? { schedule: id } : {} });

  async function submit(): Promise<void> {
    const saved = await save(base, change);
    if (!saved) return;
    void client.invalidateQueries({ queryKey: ["schedules"] });
    leave(saved.id);
  }

  return (
    <form
      aria-label="Schedule"
      className="grid items-start gap-x-12 gap-y-8 lg:grid-cols-[minmax(0,1fr)_24rem]"
      onSubmit={(event) => {
        event.preventDefault();
        if (unless === undefined) void submit();
      }}
    >
      <div className="flex min-w-0 flex-col gap-8">
        <Section title="When">
          <div className="flex flex-col gap-5 pt-2">
            <NameRow plan={plan} onPlan={setPlan} faults={refused} />
            <TimetableFields
              plan={plan}
              onPlan={setPlan}
              faults={bothFaults(refused, timetable.faults)}
            />
          </div>
        </Section>
        <TemplateFields
          types={types}
          template={template}
          onTemplate={(next) => setPlan(withMember(plan, "template", next))}
          faults={faultsBelow(refused, "/template")}
          onWhole={setWhole}
        />
      </div>
      <aside
        aria-label="What will happen"
        className="flex min-w-0 flex-col gap-5 border-hairline max-lg:border-t max-lg:pt-6 lg:sticky lg:top-5 lg:border-l lg:pl-6"
      >
        <TimetablePreview plan={plan} timetable={timetable} />
        {isOld && base ? (
          <Conflict
            base={base}
            onTheirs={(theirs) => {
              setBase(theirs);
              setPlan(planOf(theirs));
            }}
            onMine={setBase}
          />
        ) : (
          error && <Notice error={error} />
        )}
        <div className="flex flex-wrap gap-2">
          <Button kind="primary" type="submit" unless={unless}>
            {base ? "Save" : "Make the schedule"}
          </Button>
          <Button kind="quiet" onClick={() => leave(base?.id)}>
            {base ? "Leave it as it was" : "Cancel"}
          </Button>
        </div>
        {forbidden && <p className="text-soft text-sm">{forbidden}</p>}
      </aside>
    </form>
  );
}

/** Why there is nothing to save at the moment. */
function notNow(busy: boolean, whole: boolean, change: JsonObject): string | undefined {
  if (busy) return "In progress";
  if (!whole) return "The JSON is not whole yet.";
  return Object.keys(change).length === 0 ? "Nothing has been changed." : undefined;
}
