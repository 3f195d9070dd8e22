import { useState } from "react";

interface Props {
  readonly label: string;
  readonly value: string;
  readonly onValue: (value: string) => void;
}

/** A word to filter by, taken with Enter or when it is left: each letter would be a request. */
export function FilterWord({ label, value, onValue }: Props) {
  const [words, setWords] = useState(value);

  function take(): void {
    if (words.trim() !== value) onValue(words.trim());
  }

  return (
    <form
      className="max-md:min-w-36 max-md:flex-1"
      onSubmit={(event) => {
        event.preventDefault();
        take();
      }}
    >
      <input
        aria-label={label}
        placeholder={label}
        value={words}
        onChange={({ target }) => setWords(target.value)}
        onBlur={take}
        className="h-8 w-52 max-md:w-full rounded-md border border-edge bg-raised px-2.5 placeholder:text-faint"
      />
    </form>
  );
}
