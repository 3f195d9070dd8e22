interface Props<Name extends string> {
  readonly label: string;
  readonly options: readonly { readonly value: Name; readonly label: string }[];
  readonly value: Name;
  readonly onValue: (value: Name) => void;
}

/** One of a few, all in sight; arrow keys choose, as in any group of radio buttons. */
export function Segments<Name extends string>({ label, options, value, onValue }: Props<Name>) {
  return (
    <fieldset className="inline-flex min-w-0 max-w-full flex-wrap self-start rounded-md border border-edge p-px">
      <legend className="sr-only">{label}</legend>
      {options.map((it) => (
        <label
          key={it.value}
          className="flex h-7 cursor-pointer items-center rounded-[5px] px-2.5 text-soft hover:text-ink has-checked:bg-hairline has-checked:font-medium has-checked:text-ink has-focus-visible:outline-2 has-focus-visible:outline-ember forced-colors:has-checked:outline-1"
        >
          <input
            type="radio"
            className="sr-only"
            name={label}
            checked={it.value === value}
            onChange={() => onValue(it.value)}
          />
          {it.label}
        </label>
      ))}
    </fieldset>
  );
}
