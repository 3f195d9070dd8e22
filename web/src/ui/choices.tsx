interface Props<Value extends string> {
  readonly label: string;
  /** What it means when none is chosen. */
  readonly none: string;
  readonly options: readonly { readonly value: Value; readonly label: string }[];
  readonly chosen: readonly Value[];
  readonly onChosen: (chosen: readonly Value[]) => void;
}

/** Any of a few. */
export function Choices<Value extends string>({
  label,
  none,
  options,
  chosen,
  onChosen,
}: Props<Value>) {
  return (
    <fieldset>
      <legend className="mb-1 font-medium text-sm">
        {label}
        {chosen.length === 0 && <span className="font-normal text-soft"> · {none}</span>}
      </legend>
      <div className="flex flex-wrap gap-x-5 gap-y-0.5">
        {options.map((it) => (
          <label key={it.value} className="inline-flex min-h-7 cursor-pointer items-center gap-2">
            <input
              type="checkbox"
              className="size-4 accent-ember-fill"
              checked={chosen.includes(it.value)}
              onChange={({ target }) =>
                onChosen(
                  target.checked
                    ? [...chosen, it.value]
                    : chosen.filter((value) => value !== it.value),
                )
              }
            />
            {it.label}
          </label>
        ))}
      </div>
    </fieldset>
  );
}
