import { Field as Base } from "@base-ui/react/field";

interface Props {
  readonly label: string;
  readonly name: string;
  readonly type?: "text" | "password" | "email";
  readonly autoComplete?: string;
  readonly error?: string | undefined;
  readonly hint?: string;
  readonly required?: boolean;
  /** With `onValue`, for a form that acts on what is typed. */
  readonly value?: string;
  readonly onValue?: (value: string) => void;
  readonly inputMode?: "numeric";
  readonly placeholder?: string;
}

export function Field({ label, error, hint, onValue, ...input }: Props) {
  return (
    <Base.Root invalid={error !== undefined} className="flex flex-col gap-1">
      <Base.Label className="font-medium text-sm">{label}</Base.Label>
      <Base.Control
        {...input}
        {...(onValue ? { onValueChange: onValue } : {})}
        className="h-9 rounded-md border border-edge bg-raised px-3 outline-offset-0 data-invalid:border-failed"
      />
      {hint && <Base.Description className="text-soft text-sm">{hint}</Base.Description>}
      {error && (
        <Base.Error match className="text-failed text-sm">
          {error}
        </Base.Error>
      )}
    </Base.Root>
  );
}
