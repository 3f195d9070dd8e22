import { type JsonObject, withMember } from "~/lib/json.ts";
import { INPUT } from "~/ui/input.ts";
import type { Faults } from "~/ui/order/faults.ts";
import { Row } from "~/ui/order/row.tsx";

interface Props {
  readonly plan: JsonObject;
  readonly onPlan: (plan: JsonObject) => void;
  readonly faults: Faults;
}

/** What a schedule is called. */
export function NameRow({ plan, onPlan, faults }: Props) {
  return (
    <Row
      label="Name"
      id="plan-name"
      pointer="/name"
      faults={faults}
      hint="No two schedules share one."
    >
      <input
        id="plan-name"
        aria-describedby="plan-name.hint"
        aria-invalid={faults.has("/name") || undefined}
        value={typeof plan.name === "string" ? plan.name : ""}
        autoComplete="off"
        onChange={({ target }) => onPlan(withMember(plan, "name", target.value))}
        className={`h-8 max-w-80 ${INPUT}`}
      />
    </Row>
  );
}
