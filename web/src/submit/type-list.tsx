import { Link } from "@tanstack/react-router";
import { ChevronRight } from "lucide-react";
import type { TypeDescription } from "~/api/schema.ts";
import { TypeIcon } from "~/ui/type-icon.tsx";
import { Words } from "~/ui/words.tsx";

/** What can be submitted; each leads to its form. */
export function TypeList({ types }: { types: readonly TypeDescription[] }) {
  return (
    <nav aria-label="Job types" className="border-hairline border-t">
      {types.map((it) => (
        <Link
          key={it.name}
          to="/submit"
          search={{ type: it.name }}
          className="group -mx-3 flex items-center gap-4 rounded-md px-3 py-3 -outline-offset-2 hover:bg-hover"
        >
          <TypeIcon name={it.icon} />
          <span className="flex min-w-0 flex-1 flex-col gap-x-6 md:grid md:grid-cols-[14rem_minmax(0,1fr)] md:items-baseline">
            <span className="min-w-0">
              <span className="font-medium group-hover:text-ember">{it.title}</span>{" "}
              <span className="figures text-faint">{it.name}</span>
            </span>
            <span className="text-soft">
              <Words text={firstParagraph(it.description)} />
            </span>
          </span>
          <ChevronRight aria-hidden className="size-4 shrink-0 text-faint" />
        </Link>
      ))}
    </nav>
  );
}

export function firstParagraph(text: string): string {
  return text.split(/\n\s*\n/)[0] ?? text;
}
