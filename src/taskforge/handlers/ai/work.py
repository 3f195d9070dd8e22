"""One job from its prompts to its result: answers in turn, checked, and kept for a retry."""

import asyncio
import importlib
import time
from pathlib import Path
from typing import Any

import msgspec

from taskforge.core.failures import InvalidInput, JobError, NotConfigured, TargetError
from taskforge.handlers.ai.answer import Answer, Generate, Question, cleaned
from taskforge.handlers.ai.embedded import EmbeddedModel
from taskforge.handlers.ai.endpoints import Prices, endpoints, usable
from taskforge.handlers.ai.payload import DEFAULT_BACKEND, EMBEDDED, AiJob
from taskforge.handlers.ai.prompts import Messages, again, conversations, schema_of
from taskforge.handlers.ai.result import Output, Result, Stats, cost_of, fitted, output_of
from taskforge.handlers.ai.schemas import faults_of
from taskforge.handlers.ai.watch import JobWatcher
from taskforge.handlers.ai.weights import KNOWN, installed
from taskforge.handlers.base import Context

REMOTE = "taskforge.handlers.ai.remote"
CHECKPOINT_BYTES = 60_000
"""A longer output is not kept for a retry: a checkpoint has at most 64 kB."""


class Model:
    """The model that a job names.

    Args:
        generate: makes one answer.
        prices: of its tokens, where they are known.
    """

    def __init__(self, generate: Generate, prices: Prices | None = None) -> None:
        self.generate = generate
        self.prices = prices


async def run(job: AiJob, ctx: Context) -> Result:
    """Answer every prompt of a job.

    Raises:
        JobError: no such model, it is not installed, or it failed; says which prompt of a batch.
    """
    began = time.monotonic()
    model = await find_model(job, ctx)
    asked = conversations(job)
    watcher = JobWatcher(ctx, prompts=len(asked), max_tokens=job.max_tokens)
    kept = await ctx.checkpoints() if len(asked) > 1 else {}
    outputs: list[Output] = []
    for number, messages in enumerate(asked):
        key = f"output-{number}"
        if key in kept:
            outputs.append(msgspec.convert(kept[key], Output))
            continue
        watcher.begin(number)
        outputs.append(await _output(job, model, messages, watcher))
        if len(asked) > 1 and len(msgspec.json.encode(outputs[-1])) <= CHECKPOINT_BYTES:
            await ctx.checkpoint(outputs[-1], key=key)
    await watcher.end()
    counts = [output.tokens for output in outputs if output.tokens]
    result = Result(
        version=1,
        backend=job.backend,
        model=job.model_name,
        outputs=outputs,
        cost=cost_of(outputs, model.prices),
        warnings=_warnings(job, outputs),
        stats=Stats(
            elapsed_ms=round((time.monotonic() - began) * 1000),
            prompts=len(asked),
            prompt_tokens=sum(it.prompt for it in counts),
            completion_tokens=sum(it.completion for it in counts),
            resumed=sum(f"output-{number}" in kept for number in range(len(asked))),
        ),
    )
    return await fitted(result, ctx)


async def find_model(job: AiJob, ctx: Context) -> Model:
    """The model that the job names.

    Raises:
        InvalidInput: nobody knows it; lists those that can be used.
        NotConfigured: it is known, and something is missing.
    """
    if job.backend == EMBEDDED:
        for weights in KNOWN:
            if weights.model == job.model_name:
                return Model(EmbeddedModel(ctx, weights))
        raise _unknown(job, ctx)
    endpoint = endpoints(ctx.setting).get(job.backend)
    if endpoint is None and job.backend == DEFAULT_BACKEND:
        raise NotConfigured(f"AI_BASE_URL is not set, which {job.model!r} needs.")
    if endpoint is None or job.model_name not in endpoint.models:
        raise _unknown(job, ctx)
    # In a thread, since it takes a second: nothing else of this worker should wait for it.
    remote: Any = await asyncio.to_thread(importlib.import_module, REMOTE)
    generate: Generate = remote.RemoteModel(job.backend, endpoint, job.model_name)
    return Model(generate, endpoint.prices.get(job.model_name))


def _unknown(job: AiJob, ctx: Context) -> InvalidInput:
    there = usable(ctx.setting, embedded=installed(Path(ctx.setting("DATA_DIR"))))
    listed = ", ".join(there[:20]) or "none; `taskforge models install` brings one"
    return InvalidInput(f"There is no model {job.model!r}. Usable now: {listed}.")


async def _output(job: AiJob, model: Model, messages: Messages, watcher: JobWatcher) -> Output:
    try:
        return await _answered(job, model, messages, watcher)
    except JobError as error:
        if watcher.prompts > 1 and error.args:
            place = f"Prompt {watcher.number + 1} of {watcher.prompts}: "
            error.args = (f"{place}{error.args[0]}", *error.args[1:])
        raise


async def _answered(job: AiJob, model: Model, messages: Messages, watcher: JobWatcher) -> Output:
    """One answer; where a schema is asked for, one that fits it, if need be at the second try."""
    schema = schema_of(job)
    answer = cleaned(await model.generate(_question(job, messages, schema), watcher))
    if schema is None:
        return output_of(answer)
    value, faults = _read(answer, schema)
    if not faults:
        return output_of(answer, value)
    await watcher.stage("repairing the answer", message=faults[0])
    second = _question(job, again(messages, answer.text, faults), schema)
    answer = cleaned(await model.generate(second, watcher))
    value, faults = _read(answer, schema)
    if faults and answer.finish_reason == "length":
        raise InvalidInput(
            "The answer is longer than `max_tokens`, so it is no whole JSON; raise it."
        )
    if faults:
        said = "The answer does not fit `response_schema`, at the second try either"
        raise TargetError(f"{said}: {faults[0]}")
    return output_of(answer, value, repaired=True)


def _question(job: AiJob, messages: Messages, schema: dict[str, Any] | None) -> Question:
    return Question(
        messages=messages,
        max_tokens=job.max_tokens,
        temperature=job.temperature,
        top_p=job.top_p,
        seed=job.seed,
        stop=job.stop,
        schema=schema,
        seconds=job.timeout_s,
    )


def _read(answer: Answer, schema: dict[str, Any]) -> tuple[Any, list[str]]:
    """The answer as JSON, and what is wrong with it."""
    try:
        value = msgspec.json.decode(answer.text)
    except (msgspec.DecodeError, RecursionError) as error:
        cut = answer.finish_reason == "length"
        why = "it was cut off by `max_tokens`" if cut else str(error)
        return None, [f"it is not JSON: {why}"]
    return value, faults_of(value, schema)


def _warnings(job: AiJob, outputs: list[Output]) -> list[str]:
    warnings: list[str] = []
    if cut := sum(output.finish_reason == "length" for output in outputs):
        warnings.append(
            f"{cut} of {len(outputs)} answers ended at `max_tokens` ({job.max_tokens})."
        )
    if job.backend == EMBEDDED:
        warnings.append(
            "The embedded model has 135 million parameters: good for trying things out, "
            "not for judgements that matter."
        )
    return warnings
