import { count } from "~/lib/format.ts";
import { type Path, pointerOf } from "~/lib/json.ts";
import { idOf, useForm, type ValueProps } from "~/ui/schema-form/form.ts";
import { type Schema, type Shape, shapeOf } from "~/ui/schema-form/shape.ts";
import { Words } from "~/ui/words.tsx";

interface Props extends ValueProps {
  /** In a group of its own: the name stands above. */
  readonly inside: boolean;
}

/** Kinds whose one control a label can name. */
const SINGLE: readonly Shape["kind"][] = ["text", "number", "moment", "any", "upload"];

/** A name, its control, what it means, and what the server says of it. */
export function FieldRow({ inside, ...props }: Props) {
  const { schema, path, label, required } = props;
  const { root, render } = useForm();
  const id = idOf(pointerOf(path));
  const single = SINGLE.includes(shapeOf(schema, root).kind);
  const name = (
    <>
      {label}
      {required && <span className="text-faint"> · needed</span>}
    </>
  );
  const naming = `font-medium text-sm ${inside ? "" : "md:pt-1.5"}`;
  return (
    <div
      className={
        inside
          ? "flex min-w-0 flex-col gap-1"
          : "grid min-w-0 gap-x-6 gap-y-1 md:grid-cols-[10rem_minmax(0,1fr)]"
      }
    >
      {single ? (
        <label htmlFor={id} className={naming}>
          {name}
        </label>
      ) : (
        <span className={naming}>{name}</span>
      )}
      <div className="flex min-w-0 max-w-160 flex-col gap-1">
        {render(props)}
        <Below schema={schema} path={path} />
      </div>
    </div>
  );
}

/** What a value means, and what is wrong with it. */
export function Below({ schema, path }: { schema: Schema; path: Path }) {
  const { faults } = useForm();
  const pointer = pointerOf(path);
  const hint = [schema.description, limits(schema)].filter(Boolean).join(" ");
  return (
    <div id={`${idOf(pointer)}.hint`} className="flex flex-col gap-0.5 text-sm empty:hidden">
      {faults.get(pointer)?.map((message) => (
        <p key={message} className="text-failed">
          <Words text={message} />
        </p>
      ))}
      {hint && (
        <p className="max-w-prose text-soft">
          <Words text={hint} />
        </p>
      )}
    </div>
  );
}

/** `From 1 to 5,000,000.` */
function limits({ minimum, maximum }: Schema): string {
  if (minimum !== undefined && maximum !== undefined) {
    return `From ${number(minimum)} to ${number(maximum)}.`;
  }
  if (minimum !== undefined) return `At least ${number(minimum)}.`;
  return maximum === undefined ? "" : `At most ${number(maximum)}.`;
}

function number(n: number): string {
  return Number.isInteger(n) && Number.isSafeInteger(n) ? count(n) : String(n);
}
