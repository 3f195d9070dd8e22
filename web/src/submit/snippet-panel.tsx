import { useState } from "react";
import type { JsonObject } from "~/lib/json.ts";
import { LANGUAGES, type Language, snippet } from "~/submit/snippets.ts";
import { Copy } from "~/ui/copy.tsx";
import { Segments } from "~/ui/segments.tsx";

const CHOICES = LANGUAGES.map((it) => ({ value: it, label: it }));

/** The same order from elsewhere. */
export function SnippetPanel({ order }: { order: JsonObject }) {
  const [language, setLanguage] = useState<Language>("curl");
  const text = snippet(language, order, window.location.origin);
  return (
    <section aria-label="The same from elsewhere" className="flex min-w-0 flex-col gap-2">
      <div className="flex flex-wrap items-center justify-between gap-2">
        <Segments label="Language" options={CHOICES} value={language} onValue={setLanguage} />
        <Copy text={text} what={`as ${language}`}>
          Copy
        </Copy>
      </div>
      <pre
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard
        tabIndex={0}
        className="figures max-h-72 overflow-auto rounded-md bg-sunken p-3 leading-5"
      >
        {text}
      </pre>
    </section>
  );
}
