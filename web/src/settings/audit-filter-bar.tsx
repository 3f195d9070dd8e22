import { X } from "lucide-react";
import { type AuditSearch, SPANS, type Span } from "~/settings/search.ts";
import { FilterWord } from "~/ui/filter-word.tsx";
import { Select } from "~/ui/select.tsx";

const WORDS: Record<Span, string> = {
  "1h": "Last hour",
  "24h": "Last 24 hours",
  "7d": "Last 7 days",
  "30d": "Last 30 days",
};
const WITHIN = [
  { value: "ever", label: "Any time" } as const,
  ...SPANS.map((it) => ({ value: it, label: WORDS[it] })),
];
const FIELDS = [
  { name: "action", label: "Action, such as job.*" },
  { name: "target", label: "Target, such as user:…" },
  { name: "ip", label: "Address" },
] as const;

interface Props {
  readonly search: AuditSearch;
  readonly onSearch: (search: AuditSearch) => void;
}

export function AuditFilterBar({ search, onSearch }: Props) {
  return (
    <div className="flex flex-wrap items-center gap-2">
      {FIELDS.map(({ name, label }) => (
        <FilterWord
          key={`${name} ${search[name] ?? ""}`}
          label={label}
          value={search[name] ?? ""}
          onValue={(value) => onSearch({ ...search, [name]: value || undefined })}
        />
      ))}
      <Select
        label="When"
        options={WITHIN}
        value={search.within ?? "ever"}
        onValue={(value) => onSearch({ ...search, within: value === "ever" ? undefined : value })}
      />
      {search.actor && (
        <Chip label="One account" onRemove={() => onSearch({ ...search, actor: undefined })} />
      )}
      {search.key && (
        <Chip label="One API key" onRemove={() => onSearch({ ...search, key: undefined })} />
      )}
    </div>
  );
}

function Chip({ label, onRemove }: { label: string; onRemove: () => void }) {
  return (
    <span className="inline-flex h-8 items-center gap-1 rounded-md bg-ember-wash pr-1 pl-2.5">
      {label}
      <button
        type="button"
        aria-label={`Not only ${label.toLowerCase()}`}
        onClick={onRemove}
        className="grid size-6 cursor-pointer place-items-center rounded hover:bg-hover"
      >
        <X aria-hidden className="size-3.5" />
      </button>
    </span>
  );
}
