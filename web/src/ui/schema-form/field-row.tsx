import { count } from "~/lib/format.ts";
import { type Path, pointerOf } from "~/lib/json.ts";
import { Below, Row } from "~/ui/row.tsx";
import { idOf, useForm, type ValueProps } from "~/ui/schema-form/form.ts";
import { type Schema, type Shape, shapeOf } from "~/ui/schema-form/shape.ts";

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
  return (
    <Row label={name} id={single ? id : undefined} inside={inside}>
      {render(props)}
      <FieldBelow schema={schema} path={path} />
    </Row>
  );
}

/** What its schema says of a value, and what is wrong with it. */
export function FieldBelow({ schema, path }: { schema: Schema; path: Path }) {
  const { faults } = useForm();
  const pointer = pointerOf(path);
  const hint = [schema.description, limits(schema)].filter(Boolean).join(" ");
  return <Below id={idOf(pointer)} faults={faults.get(pointer)} hint={hint} />;
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
