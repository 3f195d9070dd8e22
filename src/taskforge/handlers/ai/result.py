"""The result of an `ai_inference` job, kept within what a result may have."""

from typing import Any

import msgspec

from taskforge.core.plain import plain_text
from taskforge.handlers.ai.answer import Answer, Finish, Tokens
from taskforge.handlers.ai.endpoints import Prices
from taskforge.handlers.base import Context

INLINE_BYTES = 200_000
"""Of JSON for all outputs; a result may have 256 kB."""
ARTIFACT = "outputs.json"
SHORT = 500
"""Characters of each text that stay in the result when the whole is too large for it."""


class Output(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What came of one prompt."""

    text: str
    json: Any = msgspec.UNSET
    """The answer as JSON, where a schema was asked for; it fits the schema."""
    finish_reason: Finish
    tokens: Tokens | None
    first_token_ms: int | None
    tokens_per_second: float | None
    repaired: bool = False
    """Whether the first answer did not fit the schema, and this is the second."""


class Stats(msgspec.Struct, frozen=True, kw_only=True):
    """Of the job; times of the last attempt."""

    elapsed_ms: int
    prompts: int
    prompt_tokens: int
    completion_tokens: int
    resumed: int
    """Outputs that an earlier attempt had made."""


class Result(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the job returns."""

    version: int
    backend: str
    model: str
    outputs: list[Output]
    cost: float | None = None
    """By the operator's price table; left out when it has no price."""
    warnings: list[str]
    stats: Stats


def output_of(answer: Answer, value: Any = msgspec.UNSET, *, repaired: bool = False) -> Output:
    """An answer as the result shows it."""
    return Output(
        text=answer.text,
        json=value,
        finish_reason=answer.finish_reason,
        tokens=answer.tokens,
        first_token_ms=answer.first_token_ms,
        tokens_per_second=answer.tokens_per_second,
        repaired=repaired,
    )


def cost_of(outputs: list[Output], prices: Prices | None) -> float | None:
    """What the tokens of all outputs cost; None without a price, or without counts."""
    counts = [output.tokens for output in outputs if output.tokens]
    if prices is None or len(counts) < len(outputs):
        return None
    spent = sum(it.prompt * prices.prompt + it.completion * prices.completion for it in counts)
    return round(spent / 1_000_000, 8)


async def fitted(result: Result, ctx: Context) -> Result:
    """The result, with its outputs in an artifact and cut short here if they are too large."""
    body = msgspec.json.encode(result.outputs)
    if len(body) <= INLINE_BYTES:
        return result
    async with ctx.artifact(ARTIFACT, "application/json") as file:
        await file.write(body)
    short = [
        msgspec.structs.replace(it, text=plain_text(it.text, SHORT), json=msgspec.UNSET)
        for it in result.outputs
    ]
    said = f"The outputs are cut to {SHORT} characters each; {ARTIFACT} has them whole."
    return msgspec.structs.replace(result, outputs=short, warnings=[*result.warnings, said])
