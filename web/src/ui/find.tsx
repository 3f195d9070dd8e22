import { Search } from "lucide-react";

interface Props {
  readonly label: string;
  readonly value: string;
  readonly onValue: (value: string) => void;
}

/** Narrows what is shown while one types. */
export function Find({ label, value, onValue }: Props) {
  return (
    <label className="relative flex items-center">
      <Search aria-hidden className="absolute left-2.5 size-3.5 text-faint" />
      <input
        type="search"
        aria-label={label}
        placeholder={label}
        value={value}
        onChange={({ target }) => onValue(target.value)}
        className="h-8 w-56 max-w-full rounded-md border border-edge bg-raised pr-2.5 pl-8 placeholder:text-faint"
      />
    </label>
  );
}
