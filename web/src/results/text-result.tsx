import { useMemo } from "react";
import { count, span } from "~/lib/format.ts";
import { Numbers } from "~/results/numbers.tsx";
import type { ResultProps } from "~/results/props.ts";
import { fields, list } from "~/results/reading.ts";
import { finishWords, type Output, readText } from "~/results/text-shape.ts";
import { Copy } from "~/ui/copy.tsx";
import { JsonView } from "~/ui/json-view.tsx";
import { Shown } from "~/ui/shown.tsx";

/** What a model wrote, prompt by prompt, and how fast. */
export function TextResult({ result, job }: ResultProps) {
  const text = useMemo(() => readText(result), [result]);
  if (!text) return null;
  const prompts = promptsOf(job.payload);
  const tokens = text.outputs.reduce((sum, it) => sum + (it.tokens ?? 0), 0);
  return (
    <div className="flex flex-col gap-6">
      <Numbers
        of={[
          ["Model", <Shown key="model" text={text.model} />],
          ["Runs on", <Shown key="backend" text={text.backend} />],
          ["Answers", text.outputs.length > 1 && count(text.outputs.length)],
          ["Tokens", tokens > 0 && count(tokens)],
          ["Cost", text.cost !== undefined && String(text.cost)],
        ]}
      />
      <ol className="flex flex-col gap-6">
        {text.outputs.map((output, at) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: an answer is known by its prompt's place
          <li key={at} className="flex flex-col gap-2">
            <Answer output={output} prompt={prompts[at]} />
          </li>
        ))}
      </ol>
    </div>
  );
}

function Answer({ output, prompt }: { output: Output; prompt: string | undefined }) {
  return (
    <>
      {prompt && (
        <p className="line-clamp-3 max-w-prose border-edge border-l-2 pl-3 text-soft wrap-anywhere">
          <Shown text={prompt} kept={"\n\t"} />
        </p>
      )}
      {output.json === undefined ? (
        <p className="max-w-prose whitespace-pre-wrap text-lg leading-relaxed wrap-anywhere">
          {output.text ? <Shown text={output.text} kept={"\n\t"} /> : "The model wrote nothing."}
        </p>
      ) : (
        <JsonView value={output.json} label="Answer" />
      )}
      <p className="flex flex-wrap items-center gap-x-4 text-soft text-sm">
        <span className={output.finish === "length" ? "text-retrying" : ""}>
          {finishWords(output.finish)}
        </span>
        {output.tokens !== undefined && (
          <span>
            <span className="figures">{count(output.tokens)}</span> tokens
          </span>
        )}
        {output.tokensPerSecond !== undefined && (
          <span>
            <span className="figures">{output.tokensPerSecond.toFixed(1)}</span> tokens/s
          </span>
        )}
        {output.firstTokenMs !== undefined && (
          <span>
            first after <span className="figures">{span(output.firstTokenMs / 1000)}</span>
          </span>
        )}
        {output.repaired && <span>second try: the first did not fit the schema</span>}
        <Copy text={output.text} what="the answer" />
      </p>
    </>
  );
}

/** The prompts that were asked, in order, where the payload says them. */
function promptsOf(payload: unknown): readonly string[] {
  const asked = fields(payload);
  const all = list(asked?.prompts) ?? [asked?.prompt];
  return all.every((it) => typeof it === "string") ? all : [];
}
