import asyncio
import subprocess
import sys
import time

import msgspec
import pytest

from taskforge.core.errors import Invalid
from taskforge.core.failures import InvalidInput, JobTimeout
from taskforge.handlers.ai.payload import AiJob
from taskforge.handlers.builtin.ai_inference import EXAMPLES, ai_inference
from taskforge.handlers.registry import load
from taskforge.outside.companion.companions import Companions


@pytest.fixture(scope="module")
def registry():
    return load()


@pytest.fixture(scope="session")
async def models():
    """Companions that keep the model for all tests of one process."""
    companions = Companions()
    yield companions
    await companions.aclose()


@pytest.fixture
def ctx(ctx, models, tmp_path):
    ctx.companions = models
    ctx.settings["DATA_DIR"] = str(tmp_path)
    return ctx


async def run(ctx, **payload):
    result = await ai_inference(msgspec.convert(payload, AiJob), ctx)
    return msgspec.json.decode(msgspec.json.encode(result))


@pytest.mark.parametrize("number", range(len(EXAMPLES)))
async def test_every_example_runs_and_is_told_in_one_line(ctx, registry, number):
    job_type = registry.get("ai_inference")
    began = time.monotonic()

    _, ask = registry.check_payload("ai_inference", job_type.examples[number])
    result = await job_type.run(ask, ctx)

    assert time.monotonic() - began < 10
    assert all(output.text for output in result.outputs)
    assert len(job_type.summarise(ask)) <= 120
    assert ctx.told[-1].percent == 100


async def test_an_answer_is_counted_timed_and_streamed(ctx):
    result = await run(ctx, prompt="Name three colours.", max_tokens=12, seed=1)

    (output,) = result["outputs"]
    assert result["version"] == 1
    assert (result["backend"], result["model"]) == ("embedded", "smollm2-135m-instruct")
    assert output["finish_reason"] in ("stop", "length")
    assert 0 < output["tokens"]["completion"] <= 12
    assert output["tokens"]["prompt"] == 34
    assert output["first_token_ms"] > 0
    assert output["tokens_per_second"] > 0
    assert "".join(ctx.streamed) == output["text"]
    assert ctx.told[0].stage == "waiting for the model"
    generating = [told for told in ctx.told if told.stage == "generating"]
    assert generating[-1].total == 12
    assert generating[-1].message in output["text"]
    assert any("135 million" in warning for warning in result["warnings"])
    assert "cost" not in result


async def test_the_same_seed_gives_the_same_answer(ctx):
    ask = {"prompt": "Tell me about the sea.", "max_tokens": 10}

    first = await run(ctx, **ask, seed=5)
    await run(ctx, prompt="Something else?", max_tokens=5)
    again = await run(ctx, **ask, seed=5)
    other = await run(ctx, **ask, seed=6)

    assert first["outputs"][0]["text"] == again["outputs"][0]["text"]
    assert first["outputs"][0]["text"] != other["outputs"][0]["text"]


async def test_an_answer_is_bound_to_its_schema(ctx):
    result = await run(
        ctx,
        task="classify",
        prompt="I love it, thank you so much!",
        labels=["praise", "complaint"],
        temperature=2,
        max_tokens=60,
    )

    assert result["outputs"][0]["json"]["label"] in ("praise", "complaint")


async def test_facts_are_extracted_into_the_shape_that_is_asked_for(ctx):
    schema = {
        "type": "object",
        "properties": {"name": {"type": "string", "maxLength": 30}, "age": {"type": "integer"}},
        "required": ["name", "age"],
        "additionalProperties": False,
    }

    result = await run(
        ctx,
        task="extract",
        prompt="Maria is 34 years old and lives in Lisbon.",
        response_schema=schema,
        temperature=0,
        max_tokens=60,
    )

    assert result["outputs"][0]["json"] == {"name": "Maria", "age": 34}


async def test_an_answer_that_cannot_be_completed_is_not_passed_off_as_json(ctx):
    schema = {"type": "string", "minLength": 200}

    with pytest.raises(InvalidInput, match="max_tokens"):
        await run(ctx, prompt="Write a list.", response_schema=schema, max_tokens=4)

    assert "repairing the answer" in {told.stage for told in ctx.told}


async def test_a_retry_goes_on_after_the_last_finished_prompt(ctx):
    ask = {
        "prompts": ["A word for a small river?", "A word for a young dog?", "A word for a town?"],
        "max_tokens": 4,
        "temperature": 0,
    }
    whole = await run(ctx, **ask)
    del ctx.kept["output-2"]
    ctx.streamed.clear()

    again = await run(ctx, **ask)

    assert [it["text"] for it in again["outputs"]] == [it["text"] for it in whole["outputs"]]
    assert again["stats"]["resumed"] == 2
    assert "".join(ctx.streamed) == whole["outputs"][2]["text"]


async def test_a_prompt_beyond_the_context_is_refused_with_its_size(ctx):
    with pytest.raises(InvalidInput, match=r"3,0\d\d tokens; this model takes 2,048"):
        await run(ctx, prompt="word " * 3_000)


async def test_the_prompt_of_a_batch_that_fails_is_named(ctx):
    with pytest.raises(InvalidInput, match=r"Prompt 2 of 2: The prompt has"):
        await run(ctx, prompts=["Hello?", "word " * 3_000], max_tokens=4)


@pytest.mark.parametrize("prompt", ["Write a long story about a ship.", "word " * 1_000])
async def test_cancelling_takes_hold_at_once_and_frees_the_model(ctx, until, prompt):
    await run(ctx, prompt="Hello?", max_tokens=2)
    ctx.told.clear()
    task = asyncio.create_task(run(ctx, prompt=prompt, max_tokens=512))
    await until(lambda: any(told.stage != "waiting for the model" for told in ctx.told))
    pids = ctx.companions.pids()
    began = time.monotonic()

    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    left = time.monotonic() - began
    await run(ctx, prompt="Hello?", max_tokens=2)

    assert left < 0.2
    assert ctx.companions.pids() == pids


async def test_an_answer_that_takes_too_long_is_a_timeout(ctx):
    with pytest.raises(JobTimeout, match="1 s"):
        await run(ctx, prompt="word " * 1_500, max_tokens=512, timeout_s=1)


async def test_jobs_take_turns_with_the_model(ctx):
    results = await asyncio.gather(
        *(run(ctx, prompt=f"Count to {n}.", max_tokens=3, seed=n) for n in range(4))
    )

    assert len(ctx.companions.pids()) == 1
    assert all(result["outputs"][0]["text"] for result in results)


@pytest.mark.parametrize(
    ("payload", "said"),
    [
        ({}, "none of them"),
        ({"prompt": "a", "prompts": ["b"]}, "`prompt` and `prompts`"),
        ({"prompt": ""}, "length >= 1"),
        ({"prompt": "x" * 32_001}, "32000"),
        ({"prompt": "x" * 10_000_000}, "32000"),
        ({"prompts": ["x"] * 101}, "length <= 100"),
        ({"prompt": "x" * 20_000, "system": "y" * 20_000}, "32,000"),
        ({"prompts": ["x" * 32_000] * 100}, "1,000,000"),
        ({"prompt": "a", "max_tokens": 513}, "512"),
        ({"prompt": "a", "model": "default/x", "max_tokens": 4_097}, "4096"),
        ({"prompt": "a", "model": "non sense"}, "backend/name"),
        ({"prompt": "a", "temperature": 3}, "<= 2"),
        ({"prompt": "a", "base_url": "http://evil.example"}, "not a field"),
        ({"template": "Hello {name}"}, "lacks `name`"),
        ({"template": "Hello {name.__class__}"}, "brace"),
        ({"template": "Hi", "variables": {"name": "x"}}, "no place for `name`"),
        ({"template": "{a}" * 1_000, "variables": {"a": "x" * 1_000}}, "1,000,000 characters"),
        ({"prompt": "a", "variables": {"a": "b"}}, "belong to a `template`"),
        ({"messages": [{"role": "assistant", "content": "a"}]}, "must be the user's"),
        ({"messages": [{"role": "tool", "content": "a"}]}, "tool"),
        ({"prompt": "a", "task": "classify"}, "needs `labels`"),
        ({"prompt": "a", "task": "extract"}, "needs a `response_schema`"),
        ({"prompt": "a", "task": "classify", "labels": ["x", "x"]}, "different"),
        ({"prompt": "a", "labels": ["x", "y"]}, "belong to the task"),
        ({"prompt": "a", "response_schema": {"$ref": "http://evil.example/"}}, "`$ref`"),
    ],
)
def test_a_bad_payload_never_becomes_a_job(registry, payload, said):
    with pytest.raises(Invalid) as refused:
        registry.check_payload("ai_inference", payload)

    assert said in "; ".join(fault.message for fault in refused.value.faults)


def test_loading_the_job_types_loads_neither_engine_nor_sdk():
    script = (
        "import sys; from taskforge.handlers.registry import load; load();"
        "print(sorted({'openai', 'xllamacpp', 'httpx2'} & set(sys.modules)))"
    )

    done = subprocess.run(  # noqa: S603 - our own words
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )

    assert done.stdout == "[]\n"
