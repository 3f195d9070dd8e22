"""Run prompts against a model: the embedded one, or any OpenAI-compatible endpoint."""

from pathlib import Path
from typing import Any

from taskforge.core.job import Estimate
from taskforge.handlers.ai.endpoints import Setting, usable
from taskforge.handlers.ai.payload import EMBEDDED, AiJob, Task
from taskforge.handlers.ai.result import Result
from taskforge.handlers.ai.weights import installed
from taskforge.handlers.ai.work import run
from taskforge.handlers.base import Context, job_type

SUMMARY = 120

EXAMPLES: list[dict[str, Any]] = [
    {"prompt": "Name three uses of a job queue.", "max_tokens": 48, "seed": 7},
    {
        "task": "classify",
        "prompt": "The parcel came two weeks late, and it was broken.",
        "response_schema": {
            "type": "object",
            "properties": {
                "label": {"type": "string", "enum": ["complaint", "praise", "question"]}
            },
            "required": ["label"],
            "additionalProperties": False,
        },
        "temperature": 0,
        "max_tokens": 40,
    },
    {
        "prompts": [
            "A word for a small river?",
            "A word for a young dog?",
            "A word for a big town?",
        ],
        "system": "Answer with one word.",
        "max_tokens": 12,
        "temperature": 0,
    },
    {
        "template": "Write one friendly sentence that reminds {name} of {what}.",
        "variables": {"name": "Olga", "what": "the meeting at noon"},
        "max_tokens": 40,
        "seed": 3,
    },
]


def summarise(ask: AiJob) -> str:
    """One line, such as `smollm2-135m-instruct: “Name three uses of a job queue.”`."""
    texts = ask.texts()
    several = f"{len(texts)} prompts, " if len(texts) > 1 else ""
    verb = "" if ask.task is Task.GENERATE else f"{ask.task} "
    head = f"{ask.model_name[-50:]}: {several}{verb}"
    text = " ".join(texts[0].split())
    room = SUMMARY - len(head) - 2
    return f"{head}“{text if len(text) <= room else text[: room - 1] + '…'}”"


def estimate(ask: AiJob) -> Estimate | None:
    """The embedded model makes some 50 tokens a second; of others nobody knows."""
    if ask.backend != EMBEDDED:
        return None
    tokens = len(ask.texts()) * ask.max_tokens
    return Estimate(seconds=round(1 + tokens / 50, 1), note=f"up to {tokens:,} tokens")


def offers(setting: Setting) -> dict[str, list[str]]:
    """The models that can be asked now; those of endpoints count when they are configured."""
    return {"model": usable(setting, embedded=installed(Path(setting("DATA_DIR"))))}


@job_type(
    "ai_inference",
    AiJob,
    title="AI inference",
    examples=EXAMPLES,
    viewer="text",
    icon="sparkles",
    concurrency=4,
    result=Result,
    summarise=summarise,
    estimate=estimate,
    offers=offers,
    timeout_seconds=1_800,
)
async def ai_inference(ask: AiJob, ctx: Context) -> Result:
    """Generate text, or JSON that fits a schema, with a language model.

    The text can be watched while it is made. The embedded model needs no account and no network;
    with its 135 million parameters it is for trying things out: it writes fluent English, knows
    little, and errs often. Better models come by configuration: any OpenAI-compatible endpoint
    (`AI_BASE_URL`, `AI_BACKENDS`), named `backend/model`.
    """
    result = await run(ask, ctx)
    for warning in result.warnings:
        ctx.log("warning", warning)
    ctx.log(
        "info",
        "answers made",
        prompts=result.stats.prompts,
        prompt_tokens=result.stats.prompt_tokens,
        completion_tokens=result.stats.completion_tokens,
    )
    return result
