import { useState } from "react";
import type { JsonObject } from "~/lib/json.ts";
import { withMember } from "~/lib/json.ts";
import { INPUT } from "~/ui/input.ts";
import { MomentField } from "~/ui/moment-field.tsx";
import type { Faults } from "~/ui/order/faults.ts";
import { Row } from "~/ui/order/row.tsx";
import { inWay, MISSES, OFTEN, OVERLAPS, UNITS, unitOf, wayOf } from "~/ui/order/timetable.ts";
import { Segments } from "~/ui/segments.tsx";
import { Select } from "~/ui/select.tsx";
import { ZoneField } from "~/ui/zone-field.tsx";

interface Props {
  readonly plan: JsonObject;
  readonly onPlan: (plan: JsonObject) => void;
  /** By pointers into the plan. */
  readonly faults: Faults;
}

const WAYS = [
  { value: "cron", label: "By the calendar" },
  { value: "interval", label: "At intervals" },
] as const;

/** When a schedule fires, and what happens when it cannot as planned. */
export function TimetableFields({ plan, onPlan, faults }: Props) {
  const way = wayOf(plan);
  const set = (name: string) => (value: string | number | undefined) =>
    onPlan(withMember(plan, name, value));
  return (
    <div className="flex flex-col gap-5">
      <Row label="Repeat">
        <div>
          <Segments
            label="Repeat"
            options={WAYS}
            value={way}
            onValue={(next) => onPlan(inWay(plan, next))}
          />
        </div>
      </Row>
      {way === "cron" ? (
        <Calendar plan={plan} onPlan={onPlan} faults={faults} />
      ) : (
        <Interval plan={plan} onPlan={onPlan} faults={faults} />
      )}
      <Row label="Starts" pointer="/starts_at" faults={faults}>
        <MomentField label="Starts" at={textOf(plan.starts_at)} onAt={set("starts_at")} />
      </Row>
      <Row label="Ends" pointer="/ends_at" faults={faults}>
        <MomentField label="Ends" at={textOf(plan.ends_at)} onAt={set("ends_at")} />
      </Row>
      <Choice
        label="While one runs"
        pointer="/overlap"
        faults={faults}
        hint="When its time comes and the job before has not ended."
        names={OVERLAPS}
        usual="skip"
        value={plan.overlap}
        onValue={set("overlap")}
      />
      <Choice
        label="Missed moments"
        pointer="/missed"
        faults={faults}
        hint="What becomes of those that passed while no scheduler ran."
        names={MISSES}
        usual="run_once"
        value={plan.missed}
        onValue={set("missed")}
      />
      <Row
        label="Spread"
        id="spread"
        pointer="/jitter_seconds"
        faults={faults}
        hint="Seconds, at most 3,600: each fire is late by a part of this, so that not all come at once."
      >
        <Digits id="spread" value={plan.jitter_seconds} usual="0" onValue={set("jitter_seconds")} />
      </Row>
    </div>
  );
}

function Calendar({ plan, onPlan, faults }: Props) {
  return (
    <>
      <Row
        label="Cron expression"
        id="cron"
        pointer="/cron"
        faults={faults}
        hint="Minute, hour, day, month, weekday; a sixth field in front counts seconds. Names, `L`, `LW`, `MON#2` and `5L` are known."
      >
        <input
          id="cron"
          aria-describedby="cron.hint"
          aria-invalid={faults.has("/cron") || undefined}
          value={textOf(plan.cron) ?? ""}
          autoComplete="off"
          spellCheck={false}
          onChange={(event) => onPlan(withMember(plan, "cron", event.target.value))}
          className={`figures h-8 max-w-80 ${INPUT}`}
        />
        <div className="flex flex-wrap gap-x-1">
          {OFTEN.map(({ cron, name }) => (
            <button
              key={cron}
              type="button"
              onClick={() => onPlan(withMember(plan, "cron", cron))}
              className="h-6 cursor-pointer rounded px-1.5 text-ember text-sm hover:bg-hover"
            >
              {name}
            </button>
          ))}
        </div>
      </Row>
      <Row label="Time zone" id="zone" pointer="/timezone" faults={faults}>
        <div className="max-w-80">
          <ZoneField
            id="zone"
            label="Time zone"
            zone={textOf(plan.timezone) ?? "UTC"}
            onZone={(zone) => onPlan(withMember(plan, "timezone", zone))}
          />
        </div>
      </Row>
    </>
  );
}

function Interval({ plan, onPlan, faults }: Props) {
  const seconds = plan.interval_seconds;
  const [unit, setUnit] = useState(() => unitOf(seconds));
  const size = Number(unit);
  return (
    <Row
      label="Every"
      id="every"
      pointer="/interval_seconds"
      faults={faults}
      hint="Counted from the start, or from the moment it is made."
    >
      <div className="flex gap-2">
        <Digits
          id="every"
          value={typeof seconds === "number" ? seconds / size : seconds}
          onValue={(n) =>
            onPlan(
              withMember(plan, "interval_seconds", typeof n === "number" ? n * size : (n ?? "")),
            )
          }
        />
        <Select
          label="Unit"
          options={UNITS}
          value={unit}
          onValue={(next) => {
            setUnit(next);
            if (typeof seconds === "number") {
              onPlan(withMember(plan, "interval_seconds", (seconds / size) * Number(next)));
            }
          }}
        />
      </div>
    </Row>
  );
}

interface DigitsProps {
  readonly id: string;
  readonly value: unknown;
  readonly usual?: string;
  readonly onValue: (value: number | string | undefined) => void;
}

/** A number; what is none is passed on as it is, for the server to judge. */
function Digits({ id, value, usual, onValue }: DigitsProps) {
  const [draft, setDraft] = useState("");
  const held = value === undefined || value === null ? "" : String(value);
  const text = draft.trim() !== "" && Number(draft) === value ? draft : held;
  return (
    <input
      id={id}
      aria-describedby={`${id}.hint`}
      inputMode="decimal"
      autoComplete="off"
      placeholder={usual}
      value={text}
      onChange={({ target }) => {
        setDraft(target.value);
        const n = Number(target.value);
        if (target.value.trim() === "") onValue(undefined);
        else onValue(Number.isFinite(n) ? n : target.value);
      }}
      className={`figures h-8 max-w-32 ${INPUT}`}
    />
  );
}

interface ChoiceProps<Name extends string> {
  readonly label: string;
  readonly hint: string;
  readonly pointer: string;
  readonly faults: Faults;
  readonly names: Readonly<Record<Name, string>>;
  readonly usual: Name;
  readonly value: unknown;
  readonly onValue: (value: string | undefined) => void;
}

/** A row with a choice of names. */
function Choice<Name extends string>(props: ChoiceProps<Name>) {
  const { names, usual, value, onValue, ...row } = props;
  const options = Object.entries<string>(names).map(([name, words]) => ({
    value: name,
    label: words,
  }));
  return (
    <Row {...row}>
      <div className="flex">
        <Select
          label={row.label}
          options={options}
          value={typeof value === "string" ? value : usual}
          onValue={(next) => onValue(next)}
        />
      </div>
    </Row>
  );
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}
