import { ArrowDown, ArrowUp, Plus, X } from "lucide-react";
import { type ReactNode, useState } from "react";
import { count } from "~/lib/format.ts";
import { isList, isObject, type Json } from "~/lib/json.ts";
import { Button } from "~/ui/button.tsx";
import { INPUT } from "~/ui/input.ts";
import { FieldBelow } from "~/ui/schema-form/field-row.tsx";
import { useForm, useTies, type ValueProps } from "~/ui/schema-form/form.ts";
import { JsonControl } from "~/ui/schema-form/json-control.tsx";
import { type Schema, shapeOf } from "~/ui/schema-form/shape.ts";
import { seed } from "~/ui/schema-form/values.ts";

/** More than this many are shown as JSON: nobody edits them one by one. */
const MANY = 40;

/** Items in an order that matters. */
export function ListControl(props: ValueProps & { item: Schema }) {
  const { schema, value, onValue, path, label, required, item } = props;
  const { root, render } = useForm();
  const ties = useTies(path);
  const items = isList(value) ? value : [];
  if (items.length > MANY) return <JsonControl {...props} />;
  const change = (next: readonly Json[]) => onValue(next.length > 0 || required ? next : undefined);
  const simple = ["text", "number", "choice"].includes(shapeOf(item, root).kind);
  return (
    <div id={ties.id} tabIndex={-1} className="flex min-w-0 flex-col items-start gap-2">
      {value === undefined && isList(schema.default) && schema.default.length > 0 && (
        <p className="text-soft text-sm">Usual: {usual(schema.default)}</p>
      )}
      {items.map((it, place) => (
        <Row
          // biome-ignore lint/suspicious/noArrayIndexKey: an item is its place; nothing else tells two alike apart
          key={place}
          name={`${label} ${place + 1}`}
          simple={simple}
          onUp={place > 0 ? () => change(swapped(items, place - 1)) : undefined}
          onDown={place < items.length - 1 ? () => change(swapped(items, place)) : undefined}
          onRemove={() => change(items.toSpliced(place, 1))}
        >
          {render({
            schema: item,
            value: it,
            path: [...path, place],
            label: `${label} ${place + 1}`,
            required: true,
            onValue: (next) => change(items.with(place, next ?? seed(item, root))),
          })}
          <FieldBelow schema={{}} path={[...path, place]} />
        </Row>
      ))}
      <Add
        unless={
          schema.maxItems !== undefined && items.length >= schema.maxItems
            ? `At most ${count(schema.maxItems)}`
            : undefined
        }
        onAdd={() => change([...items, seed(item, root)])}
        what={label}
      />
    </div>
  );
}

function usual(items: readonly Json[]): string {
  return items.length > 12
    ? `${count(items.length)} values`
    : items.map((it) => (typeof it === "string" ? it : JSON.stringify(it))).join(", ");
}

function swapped(items: readonly Json[], place: number): readonly Json[] {
  const [one, other] = items.slice(place, place + 2);
  return one === undefined || other === undefined ? items : items.toSpliced(place, 2, other, one);
}

interface RowProps {
  readonly name: string;
  readonly simple: boolean;
  readonly onUp?: (() => void) | undefined;
  readonly onDown?: (() => void) | undefined;
  readonly onRemove: () => void;
  readonly children: ReactNode;
}

function Row({ name, simple, onUp, onDown, onRemove, children }: RowProps) {
  return (
    <div className="flex w-full min-w-0 items-start gap-1">
      <div className={`min-w-0 flex-1 ${simple ? "" : "py-0.5"}`}>{children}</div>
      {(onUp || onDown) && (
        <>
          <Act label={`Move ${name} up`} onAct={onUp} icon={ArrowUp} />
          <Act label={`Move ${name} down`} onAct={onDown} icon={ArrowDown} />
        </>
      )}
      <Act label={`Remove ${name}`} onAct={onRemove} icon={X} />
    </div>
  );
}

interface AddProps {
  readonly what: string;
  readonly unless?: string | undefined;
  readonly onAdd: () => void;
}

function Add({ what, unless, onAdd }: AddProps) {
  return (
    <div className="-ml-3">
      <Button kind="quiet" unless={unless} onClick={onAdd}>
        <Plus aria-hidden className="size-4" strokeWidth={1.75} />
        Add <span className="sr-only">to {what}</span>
      </Button>
    </div>
  );
}

interface ActProps {
  readonly label: string;
  readonly onAct: (() => void) | undefined;
  readonly icon: typeof X;
}

function Act({ label, onAct, icon: Icon }: ActProps) {
  return (
    <button
      type="button"
      aria-label={label}
      title={label}
      disabled={!onAct}
      onClick={onAct}
      className="grid h-8 w-7 shrink-0 cursor-pointer place-items-center rounded-md text-faint hover:bg-hover hover:text-ink disabled:cursor-default disabled:opacity-30"
    >
      <Icon aria-hidden className="size-3.5" />
    </button>
  );
}

/** Values by names of one's own. */
export function MapControl(props: ValueProps & { member: Schema }) {
  const { value, onValue, path, label, required, member } = props;
  const { root, render } = useForm();
  const ties = useTies(path);
  const entries = isObject(value) ? Object.entries(value) : [];
  if (entries.length > MANY) return <JsonControl {...props} />;
  const change = (next: readonly (readonly [string, Json])[]) =>
    onValue(next.length > 0 || required ? Object.fromEntries(next) : undefined);
  return (
    <div id={ties.id} tabIndex={-1} className="flex min-w-0 flex-col items-start gap-2">
      {entries.map(([name, inside], place) => (
        <Row
          // biome-ignore lint/suspicious/noArrayIndexKey: a name changes while it is typed; its place does not
          key={place}
          name={name || "the entry without a name"}
          simple={false}
          onRemove={() => change(entries.toSpliced(place, 1))}
        >
          <div className="flex min-w-0 flex-wrap items-start gap-2">
            <NameField
              label={`${label}: name`}
              name={name}
              taken={entries.map(([it]) => it)}
              onName={(next) => change(entries.with(place, [next, inside]))}
            />
            <div className="min-w-0 flex-1 basis-64">
              {render({
                schema: member,
                value: inside,
                path: [...path, name],
                label: name || label,
                required: true,
                onValue: (next) => change(entries.with(place, [name, next ?? seed(member, root)])),
              })}
              <FieldBelow schema={{}} path={[...path, name]} />
            </div>
          </div>
        </Row>
      ))}
      <Add
        onAdd={() => change([...entries, [freeName(entries), firstValue(member, root)]])}
        what={label}
      />
    </div>
  );
}

/** Where anything may stand, a text is the most likely. */
function firstValue(member: Schema, root: Schema): Json {
  return shapeOf(member, root).kind === "any" ? "" : seed(member, root);
}

function freeName(entries: readonly (readonly [string, Json])[]): string {
  const taken = new Set(entries.map(([name]) => name));
  let n = entries.length + 1;
  while (taken.has(`name_${n}`)) n++;
  return `name_${n}`;
}

interface NameProps {
  readonly label: string;
  readonly name: string;
  readonly taken: readonly string[];
  readonly onName: (name: string) => void;
}

/** A name counts when it is left: on the way to it, it may be another's. */
function NameField({ label, name, taken, onName }: NameProps) {
  const [draft, setDraft] = useState<string>();
  const clash = draft !== undefined && draft !== name && taken.includes(draft);
  return (
    <div className="w-40 max-w-full">
      <input
        aria-label={label}
        aria-invalid={clash || undefined}
        value={draft ?? name}
        autoComplete="off"
        spellCheck={false}
        onChange={(event) => setDraft(event.target.value)}
        onBlur={() => {
          if (draft !== undefined && !clash) onName(draft);
          setDraft(undefined);
        }}
        className={`figures h-8 ${INPUT}`}
      />
      {clash && (
        <p role="status" className="text-failed text-sm">
          There is one of this name.
        </p>
      )}
    </div>
  );
}
