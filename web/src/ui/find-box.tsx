import { ChevronDown, ChevronUp, Search } from "lucide-react";
import { count } from "~/lib/format.ts";
import { Button } from "~/ui/button.tsx";

interface Props {
  readonly label: string;
  readonly needle: string;
  readonly onNeedle: (needle: string) => void;
  readonly hits: number;
  /** The hit that is shown, from 0. */
  readonly step: number;
  readonly onStep: (step: number) => void;
}

/** Looks for words in what is shown, and steps through the places. */
export function FindBox({ label, needle, onNeedle, hits, step, onStep }: Props) {
  return (
    <search className="flex items-center">
      <label className="flex h-8 items-center gap-2 rounded-md border border-edge bg-raised px-2 focus-within:outline-2 focus-within:outline-ember">
        <Search aria-hidden className="size-3.5 shrink-0 text-faint" />
        <input
          type="search"
          aria-label={label}
          placeholder="Find"
          value={needle}
          onChange={(event) => onNeedle(event.target.value)}
          onKeyDown={(event) => {
            if (event.key === "Escape" && needle) {
              event.stopPropagation();
              onNeedle("");
            }
            if (event.key !== "Enter" || hits === 0) return;
            event.preventDefault();
            onStep(event.shiftKey ? step - 1 : step + 1);
          }}
          className="w-28 bg-transparent outline-none placeholder:text-faint md:w-40 [&::-webkit-search-cancel-button]:hidden"
        />
        <span role="status" className="figures min-w-8 text-right text-faint">
          {needle && (hits > 0 ? `${count(step + 1)}/${count(hits)}` : "none")}
        </span>
      </label>
      {hits > 1 && (
        <>
          <Button kind="quiet" label="Place before" onClick={() => onStep(step - 1)}>
            <ChevronUp aria-hidden className="size-4" />
          </Button>
          <Button kind="quiet" label="Next place" onClick={() => onStep(step + 1)}>
            <ChevronDown aria-hidden className="size-4" />
          </Button>
        </>
      )}
    </search>
  );
}
