/** What a model wrote, as `ai_inference` gives it back. Pure. */
import { amount, each, type Fields, fields, list, words } from "~/results/reading.ts";

export interface Output {
  readonly text: string;
  readonly finish: string;
  readonly promptTokens?: number;
  readonly tokens?: number;
  readonly firstTokenMs?: number;
  readonly tokensPerSecond?: number;
  readonly repaired: boolean;
  /** The answer as JSON, where a schema was asked for; undefined otherwise. */
  readonly json: unknown;
}

export interface TextShape {
  readonly model: string;
  readonly backend: string;
  readonly outputs: readonly Output[];
  readonly cost?: number;
}

/** Undefined when the result has no outputs. */
export function readText(result: Fields): TextShape | undefined {
  if (!list(result.outputs)) return;
  const outputs = each(result.outputs, output);
  if (outputs.length === 0) return;
  const cost = amount(result.cost);
  return {
    model: words(result.model) ?? "",
    backend: words(result.backend) ?? "",
    outputs,
    ...(cost === undefined ? {} : { cost }),
  };
}

function output(value: unknown): Output | undefined {
  const it = fields(value);
  const text = words(it?.text);
  if (!it || text === undefined) return;
  const tokens = fields(it.tokens);
  const numbers = {
    promptTokens: amount(tokens?.prompt),
    tokens: amount(tokens?.completion),
    firstTokenMs: amount(it.first_token_ms),
    tokensPerSecond: amount(it.tokens_per_second),
  };
  const known = Object.entries(numbers).filter(([, n]) => n !== undefined);
  return {
    text,
    finish: words(it.finish_reason) ?? "",
    repaired: it.repaired === true,
    json: it.json,
    ...(Object.fromEntries(known) as { [K in keyof typeof numbers]?: number }),
  };
}

/** Why a model stopped, in words. */
export function finishWords(finish: string): string {
  if (finish === "stop") return "finished by itself";
  if (finish === "length") return "cut at max_tokens";
  return finish ? `ended by ${finish}` : "";
}
