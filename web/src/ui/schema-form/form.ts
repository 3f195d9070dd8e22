import { createContext, type ReactNode, useContext } from "react";
import { type Json, type Path, pointerOf } from "~/lib/json.ts";
import type { Schema } from "~/ui/schema-form/shape.ts";

export interface ValueProps {
  readonly schema: Schema;
  readonly value: Json | undefined;
  /** Undefined takes it away. */
  readonly onValue: (value: Json | undefined) => void;
  readonly path: Path;
  readonly label: string;
  /** Without it there must still be a value: an empty one. */
  readonly required: boolean;
}

interface Form {
  /** Where references lead. */
  readonly root: Schema;
  /** What the server said, by JSON pointer. */
  readonly faults: ReadonlyMap<string, readonly string[]>;
  /** Values to propose, by the name of the field. */
  readonly offers: Readonly<Record<string, readonly string[]>>;
  /** Any value, by the control that fits it; handed down, since controls hold controls. */
  readonly render: (props: ValueProps) => ReactNode;
}

export const FormContext = createContext<Form | undefined>(undefined);

export function useForm(): Form {
  const form = useContext(FormContext);
  if (!form) throw new Error("useForm belongs inside a SchemaForm");
  return form;
}

/** The id of a control, by which a fault finds it. */
export function idOf(pointer: string): string {
  return `at${encodeURIComponent(pointer)}`;
}

/** What ties a control to its name, its hint and what the server said of it. */
export function useTies(path: Path) {
  const { faults } = useForm();
  const pointer = pointerOf(path);
  const said = faults.get(pointer);
  const id = idOf(pointer);
  return { id, "aria-invalid": said ? true : undefined, "aria-describedby": `${id}.hint` } as const;
}
