import { useState } from "react";
import { readSchedulesSearch, type SchedulesSearch } from "~/schedules/search.ts";
import { INPUT } from "~/ui/input.ts";
import { Segments } from "~/ui/segments.tsx";
import { Select } from "~/ui/select.tsx";

interface Props {
  readonly search: SchedulesSearch;
  readonly types: readonly { readonly name: string; readonly title: string }[];
  readonly onSearch: (search: SchedulesSearch) => void;
}

const STATES = [
  { value: "all", label: "All" },
  { value: "no", label: "Active" },
  { value: "yes", label: "Paused" },
] as const;

/** Narrow the list; what is chosen stands in the address. */
export function Filters({ search, types, onSearch }: Props) {
  const [typed, setTyped] = useState<string>();

  /** An empty choice takes a filter away; the one that stood open belongs to the list before. */
  function choose(part: "name" | "type" | "paused", value: string): void {
    const { schedule: _, [part]: __, ...rest } = search;
    onSearch(readSchedulesSearch(value === "" ? rest : { ...rest, [part]: value }));
  }

  return (
    <search className="flex flex-wrap items-center gap-2">
      <form
        className="w-56 max-w-full"
        onSubmit={(event) => {
          event.preventDefault();
          if (typed !== undefined && typed.trim() !== (search.name ?? "")) {
            choose("name", typed.trim());
          }
          setTyped(undefined);
        }}
      >
        <input
          aria-label="Name begins with"
          placeholder="Name begins with"
          value={typed ?? search.name ?? ""}
          autoComplete="off"
          onChange={({ target }) => setTyped(target.value)}
          onBlur={({ currentTarget }) => currentTarget.form?.requestSubmit()}
          className={`h-8 ${INPUT}`}
        />
      </form>
      <Select
        label="Type"
        options={[
          { value: "", label: "Any type" },
          ...types.map((it) => ({ value: it.name, label: it.title })),
        ]}
        value={search.type ?? ""}
        onValue={(next) => choose("type", next)}
      />
      <Segments
        label="State"
        options={STATES}
        value={search.paused ?? "all"}
        onValue={(next) => choose("paused", next === "all" ? "" : next)}
      />
    </search>
  );
}
