import { useQuery } from "@tanstack/react-query";
import { Search } from "lucide-react";
import { useEffect, useEffectEvent, useState } from "react";
import { body, http } from "~/api/client.ts";
import type { FailuresSearch, View } from "~/failures/search.ts";
import { Segments } from "~/ui/segments.tsx";
import { Select } from "~/ui/select.tsx";

const STATES: readonly { value: View; label: string }[] = [
  { value: "open", label: "Open" },
  { value: "new", label: "New" },
  { value: "regressed", label: "Regressed" },
  { value: "resolved", label: "Resolved" },
  { value: "all", label: "All" },
];
const SORTS = [
  { value: "last_seen", label: "Newest first" },
  { value: "total", label: "Most frequent first" },
] as const;
const ANY = "";
const SETTLE_MS = 250;

interface Props {
  readonly search: FailuresSearch;
  readonly onSearch: (search: FailuresSearch) => void;
}

/** Which groups, and in what order. */
export function GroupFilters({ search, onSearch }: Props) {
  const types = useQuery({
    queryKey: ["job-types", "list"],
    queryFn: ({ signal }) => body(http.GET("/api/v1/job-types", { signal })),
    staleTime: 300_000,
  });
  const names = new Set([...(types.data?.items.map(({ name }) => name) ?? [])]);
  if (search.type) names.add(search.type);
  const { show, type, sort, ...others } = search;

  return (
    <div className="flex flex-wrap items-center gap-2">
      <Segments
        label="State"
        options={STATES}
        value={show ?? "open"}
        onValue={(view) => onSearch(view === "open" ? without(search) : { ...search, show: view })}
      />
      <div className="flex flex-wrap items-center gap-2">
        <Words
          key={search.q ?? ""}
          given={search.q ?? ""}
          onWords={(q) => {
            const { q: _, ...rest } = search;
            onSearch(q ? { ...rest, q } : rest);
          }}
        />
        <Select
          label="Job type"
          value={type ?? ANY}
          options={[
            { value: ANY, label: "Any type" },
            ...[...names].sort().map((name) => ({ value: name, label: name })),
          ]}
          onValue={(value) =>
            onSearch({
              ...others,
              ...(show ? { show } : {}),
              ...(sort ? { sort } : {}),
              ...(value ? { type: value } : {}),
            })
          }
        />
        <Select
          label="Order"
          value={sort ?? "last_seen"}
          options={SORTS}
          onValue={(value) =>
            onSearch({
              ...others,
              ...(show ? { show } : {}),
              ...(type ? { type } : {}),
              ...(value === "total" ? { sort: value } : {}),
            })
          }
        />
      </div>
    </div>
  );
}

/** Searches once the person has stopped typing. */
function Words({ given, onWords }: { given: string; onWords: (words: string) => void }) {
  const [words, setWords] = useState(given);
  const search = useEffectEvent(onWords);
  useEffect(() => {
    if (words === given) return;
    const timer = setTimeout(() => search(words.trim()), SETTLE_MS);
    return () => clearTimeout(timer);
  }, [words, given]);
  return (
    <label className="relative flex items-center">
      <Search aria-hidden className="absolute left-2.5 size-3.5 text-faint" />
      <span className="sr-only">Search failures</span>
      <input
        type="search"
        value={words}
        maxLength={200}
        placeholder="Search failures"
        onChange={(event) => setWords(event.target.value)}
        className="h-8 w-56 rounded-md border border-edge bg-raised pr-2 pl-8 placeholder:text-faint"
      />
    </label>
  );
}

function without({ show: _, ...search }: FailuresSearch): FailuresSearch {
  return search;
}
