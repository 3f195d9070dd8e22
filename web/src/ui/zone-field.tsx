import { useId, useState } from "react";
import type { Zone } from "~/lib/time.ts";
import { allZones, isZone } from "~/lib/wall-time.ts";
import { INPUT } from "~/ui/input.ts";

interface Props {
  readonly id?: string;
  readonly label: string;
  readonly zone: Zone;
  readonly onZone: (zone: Zone) => void;
  readonly invalid?: boolean;
}

/** A time zone, found by a part of its name. */
export function ZoneField({ id, label, zone, onZone, invalid = false }: Props) {
  const list = useId();
  const [draft, setDraft] = useState<string>();
  const unknown = draft !== undefined && !isZone(draft);
  return (
    <>
      <input
        id={id}
        aria-label={label}
        aria-invalid={invalid || unknown || undefined}
        title={unknown ? "No such time zone" : undefined}
        list={list}
        value={draft ?? zone}
        autoComplete="off"
        spellCheck={false}
        onChange={(event) => {
          const text = event.target.value;
          setDraft(text);
          if (isZone(text)) onZone(text);
        }}
        onBlur={() => setDraft(undefined)}
        className={`h-8 ${INPUT}`}
      />
      <datalist id={list}>
        {allZones().map((it) => (
          <option key={it} value={it} />
        ))}
      </datalist>
    </>
  );
}
