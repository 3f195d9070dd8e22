import { FilterWord } from "~/ui/filter-word.tsx";

interface Filters {
  readonly q?: string | undefined;
  readonly recipient?: string | undefined;
}

interface Props {
  readonly q: string;
  readonly recipient: string;
  readonly onChange: (filters: Filters) => void;
}

export function MailFilterBar({ q, recipient, onChange }: Props) {
  return (
    <div className="flex flex-wrap gap-2">
      <FilterWord
        key={`q ${q}`}
        label="Part of a subject"
        value={q}
        onValue={(value) => onChange({ q: value || undefined })}
      />
      <FilterWord
        key={`to ${recipient}`}
        label="Recipient's address"
        value={recipient}
        onValue={(value) => onChange({ recipient: value || undefined })}
      />
    </div>
  );
}
