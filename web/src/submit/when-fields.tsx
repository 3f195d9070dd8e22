import { useContext } from "react";
import type { JsonObject } from "~/lib/json.ts";
import type { When } from "~/submit/when.ts";
import { ZoneContext } from "~/ui/moment.tsx";
import { MomentField } from "~/ui/moment-field.tsx";
import { bothFaults, type Faults } from "~/ui/order/faults.ts";
import { NameRow } from "~/ui/order/name-row.tsx";
import { Row } from "~/ui/order/row.tsx";
import { TimetableFields } from "~/ui/order/timetable-fields.tsx";
import { TimetablePreview } from "~/ui/order/timetable-preview.tsx";
import { useTimetable } from "~/ui/order/use-timetable.ts";
import { Segments } from "~/ui/segments.tsx";

const KINDS = [
  { value: "now", label: "Now" },
  { value: "later", label: "Later" },
  { value: "repeat", label: "Again and again" },
] as const;

interface Props {
  readonly when: When;
  readonly onWhen: (when: When) => void;
  /** By pointers into the order. */
  readonly faults: Faults;
}

export function WhenFields({ when, onWhen, faults }: Props) {
  const zone = useContext(ZoneContext);
  function choose(kind: When["kind"]): void {
    if (kind === "now") onWhen({ kind });
    else if (kind === "later") onWhen({ kind, at: undefined });
    else onWhen({ kind, plan: { name: "", cron: "0 6 * * *", timezone: zone } });
  }
  return (
    <div className="flex flex-col gap-5">
      <Row label="Run">
        <div>
          <Segments label="Run" options={KINDS} value={when.kind} onValue={choose} />
        </div>
      </Row>
      {when.kind === "later" && (
        <Row label="Not before" pointer="/scheduled_at" faults={faults}>
          <MomentField
            label="Not before"
            at={when.at}
            onAt={(at) => onWhen({ kind: "later", at })}
            invalid={faults.has("/scheduled_at")}
          />
        </Row>
      )}
      {when.kind === "repeat" && <Repeat when={when} onWhen={onWhen} faults={faults} />}
    </div>
  );
}

type RepeatProps = Omit<Props, "when"> & { readonly when: Extract<When, { kind: "repeat" }> };

function Repeat({ when: { plan }, onWhen, faults }: RepeatProps) {
  const timetable = useTimetable(plan);
  const change = (next: JsonObject) => onWhen({ kind: "repeat", plan: next });
  return (
    <>
      <NameRow plan={plan} onPlan={change} faults={faults} />
      <TimetableFields plan={plan} onPlan={change} faults={bothFaults(faults, timetable.faults)} />
      <Row label="Next fires">
        <TimetablePreview plan={plan} timetable={timetable} />
      </Row>
    </>
  );
}
