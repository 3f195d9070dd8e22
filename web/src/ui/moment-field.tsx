import { useContext, useState } from "react";
import { momentOf, wallOf } from "~/lib/wall-time.ts";
import { INPUT } from "~/ui/input.ts";
import { ZoneContext } from "~/ui/moment.tsx";
import { ZoneField } from "~/ui/zone-field.tsx";

interface Props {
  readonly id?: string;
  readonly label: string;
  /** RFC 3339. */
  readonly at: string | undefined;
  readonly onAt: (at: string | undefined) => void;
  readonly invalid?: boolean;
  readonly describedBy?: string | undefined;
}

/** A moment, by the clock on a wall in a zone of one's choice. */
export function MomentField({ id, label, at, onAt, invalid = false, describedBy }: Props) {
  const viewers = useContext(ZoneContext);
  const [zone, setZone] = useState(viewers);
  const wall = at === undefined ? "" : wallOf(at, zone);
  const [typed, setTyped] = useState(wall);
  // Of a wall time that a change of clocks skips, the field shows what was typed until it is left.
  const meant = momentOf(typed, zone);
  const shown = meant && meant.at === at ? typed : wall;

  function choose(next: string): void {
    setTyped(next);
    onAt(momentOf(next, zone)?.at);
  }

  return (
    <div className="flex flex-col gap-1">
      <div className="flex max-w-120 flex-wrap gap-2">
        <input
          id={id}
          type="datetime-local"
          aria-label={label}
          aria-invalid={invalid || undefined}
          aria-describedby={describedBy}
          value={shown}
          onChange={(event) => choose(event.target.value)}
          className={`figures h-8 flex-1 basis-48 ${INPUT}`}
        />
        <div className="flex-1 basis-40">
          <ZoneField
            label={`${label}: time zone`}
            zone={zone}
            onZone={(next) => {
              setZone(next);
              if (wall) onAt(momentOf(wall, next)?.at);
              setTyped(wall);
            }}
          />
        </div>
      </div>
      {at && (
        <p role="status" className="text-soft text-sm">
          <span className="figures">{at.replace(/\.000Z$/, "Z")}</span>
          {meant?.at === at && meant.odd && <ClockChange odd={meant.odd} zone={zone} />}
        </p>
      )}
    </div>
  );
}

function ClockChange({ odd, zone }: { odd: "skipped" | "twice"; zone: string }) {
  return (
    <span className="text-retrying">
      {odd === "skipped"
        ? `. Clocks in ${zone} go forward and skip this time: it is taken as much later.`
        : `. Clocks in ${zone} go back and show this time twice: the first is meant.`}
    </span>
  );
}
