import { Link, useNavigate } from "@tanstack/react-router";
import type { TypeDescription } from "~/api/schema.ts";
import { firstParagraph } from "~/submit/type-list.tsx";
import { exampleNames, examplesOf } from "~/ui/order/basics.ts";
import { Select } from "~/ui/select.tsx";
import { TypeIcon } from "~/ui/type-icon.tsx";
import { Words } from "~/ui/words.tsx";

interface Props {
  readonly type: TypeDescription;
  readonly types: readonly TypeDescription[];
  readonly onBegin: () => void;
}

/** Which type this is, what it does, and ways to begin. */
export function TypeHead({ type, types, onBegin }: Props) {
  const navigate = useNavigate();
  const examples = examplesOf(type);
  async function begin(search: { type: string; example?: number }): Promise<void> {
    await navigate({ to: "/submit", search });
    onBegin();
  }
  return (
    <header className="flex flex-col gap-3">
      <div className="flex flex-wrap items-center gap-3">
        <TypeIcon name={type.icon} />
        <Select
          label="Job type"
          options={types.map((it) => ({ value: it.name, label: it.title }))}
          value={type.name}
          onValue={(name) => void begin({ type: name })}
        />
        <span className="figures text-faint">{type.name}</span>
        <Link
          to="/submit"
          search={{}}
          className="ml-auto text-soft underline-offset-2 hover:text-ink hover:underline"
        >
          All types
        </Link>
      </div>
      <p className="max-w-prose text-soft">
        <Words text={firstParagraph(type.description)} />
      </p>
      <div className="flex flex-wrap items-center gap-x-1.5 gap-y-1">
        <span className="mr-1 text-faint text-sm">Begin with</span>
        {exampleNames(examples).map((name, place) => (
          <Begin
            key={name}
            name={name}
            onBegin={() => void begin({ type: type.name, example: place })}
          />
        ))}
        <Begin
          name="an empty form"
          onBegin={() => void begin({ type: type.name, example: examples.length })}
        />
      </div>
    </header>
  );
}

function Begin({ name, onBegin }: { name: string; onBegin: () => void }) {
  return (
    <button
      type="button"
      onClick={onBegin}
      className="h-7 cursor-pointer rounded-md border border-hairline px-2.5 text-ember hover:border-edge hover:bg-hover"
    >
      {name}
    </button>
  );
}
