import asyncio
import importlib
import time
from email.utils import formatdate

import msgspec
import pytest

from taskforge.core.failures import (
    InvalidInput,
    JobTimeout,
    NotConfigured,
    RateLimited,
    TargetError,
)
from taskforge.handlers.ai.payload import AiJob
from taskforge.handlers.ai.work import run

SCHEMA = {
    "type": "object",
    "properties": {"n": {"type": "integer", "minimum": 3}},
    "required": ["n"],
}
MODELS = (
    "shout without-counts silent stuck trickle endless cut abort fails-late junk odd list page "
    "json 401 403 404 429 400 500 302"
)


@pytest.fixture
async def provider(monkeypatch):
    monkeypatch.syspath_prepend(__file__.rpartition("/")[0])
    provider = importlib.import_module("provider").Provider()
    await provider.start()
    yield provider
    await provider.stop()


@pytest.fixture
def ask(ctx, provider, tmp_path):
    ctx.settings |= {
        "AI_BASE_URL": provider.url,
        "AI_API_KEY": "sk-very-secret",
        "AI_MODELS": ",".join(MODELS.split()),
        "DATA_DIR": str(tmp_path),
    }

    async def ask(model="shout", **payload):
        given = {"prompt": "hello there", **payload} if "prompts" not in payload else payload
        return await run(msgspec.convert({"model": f"default/{model}", **given}, AiJob), ctx)

    return ask


async def test_an_answer_streams_and_is_counted(ask, ctx, provider):
    result = await ask(system="Shout.", temperature=0.5, seed=3, stop=["!"], max_tokens=20)

    output = result.outputs[0]
    assert output.text == "HELLO THERE"
    assert output.finish_reason == "stop"
    assert (output.tokens.prompt, output.tokens.completion) == (7, 2)
    assert output.first_token_ms >= 0
    assert (result.backend, result.model) == ("default", "shout")
    assert result.warnings == []
    assert ctx.streamed == ["HELLO", " THERE"]
    headers, body = provider.asked[0]
    assert headers["authorization"] == "Bearer sk-very-secret"
    assert headers["path"] == "/v1/chat/completions"
    assert body["messages"] == [
        {"role": "system", "content": "Shout."},
        {"role": "user", "content": "hello there"},
    ]
    wanted = {"temperature": 0.5, "seed": 3, "stop": ["!"], "max_tokens": 20, "stream": True}
    assert wanted.items() <= body.items()


async def test_an_endpoint_that_counts_nothing_gets_no_invented_counts(ask):
    result = await ask("without-counts")

    assert result.outputs[0].tokens is None
    assert result.outputs[0].finish_reason == "length"
    assert result.cost is None


async def test_prices_make_a_cost(ask, ctx, provider):
    ctx.settings["AI_BACKENDS"] = msgspec.json.encode(
        {
            "lab": {
                "base_url": provider.url,
                "models": ["shout"],
                "prices": {"shout": {"prompt": 1.0, "completion": 2.0}},
            }
        }
    ).decode()

    result = await run(msgspec.convert({"model": "lab/shout", "prompt": "a b"}, AiJob), ctx)

    assert result.backend == "lab"
    assert result.cost == pytest.approx((7 * 1.0 + 2 * 2.0) / 1e6)
    assert provider.asked[0][0]["authorization"] == "Bearer none"


@pytest.mark.parametrize(
    ("model", "kind", "said"),
    [
        ("401", NotConfigured, "refuses its key"),
        ("403", NotConfigured, "refuses its key"),
        ("404", NotConfigured, "does not know the model '404'"),
        ("400", InvalidInput, "fault 400, as asked"),
        ("500", TargetError, "status 500: .*fault 500"),
        ("302", TargetError, "status 302"),
        ("cut", TargetError, "before it was complete"),
        ("abort", TargetError, "broke the connection"),
        ("fails-late", TargetError, "out of memory"),
        ("junk", TargetError, "no chat completion"),
        ("odd", TargetError, "no chat completion|before it was complete"),
        ("list", TargetError, "no chat completion"),
        ("page", TargetError, "before it was complete"),
        ("endless", TargetError, "more than `max_tokens`"),
    ],
)
async def test_every_fault_has_its_class_and_says_no_secret(ask, provider, model, kind, said):
    with pytest.raises(kind, match=said) as failed:
        await ask(model)

    assert "sk-very-secret" not in str(failed.value)
    assert provider.url not in str(failed.value)
    assert len(provider.asked) == 1  # the job's own rule decides about another try


@pytest.mark.parametrize(
    ("header", "least", "most"),
    [("17", 17, 17), (None, 30, 30), ("soon", 30, 30), ("-5", 0, 30), ("9" * 30, 86_400, 86_400)],
)
async def test_patience_lasts_as_long_as_the_endpoint_says(ask, provider, header, least, most):
    provider.headers = {"retry-after": header} if header else {}

    with pytest.raises(RateLimited, match="fault 429") as failed:
        await ask("429")

    assert least <= failed.value.retry_after <= most


async def test_patience_may_be_given_as_a_date(ask, provider):
    provider.headers = {"retry-after": formatdate(time.time() + 90, usegmt=True)}

    with pytest.raises(RateLimited) as failed:
        await ask("429")

    assert 80 <= failed.value.retry_after <= 90


@pytest.mark.parametrize("model", ["silent", "stuck", "trickle"])
async def test_an_answer_that_does_not_come_to_its_end_is_a_timeout(ask, model):
    with pytest.raises(JobTimeout):
        await ask(model, timeout_s=1, max_tokens=4_096)


@pytest.mark.parametrize("model", ["silent", "stuck"])
async def test_cancelling_leaves_the_endpoint_at_once(ask, provider, until, model):
    task = asyncio.create_task(ask(model))
    await until(lambda: provider.asked)
    began = time.monotonic()

    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert time.monotonic() - began < 0.5
    async with asyncio.timeout(5):
        await provider.left.wait()


async def test_a_host_that_is_away_is_a_target_error(ask, provider):
    await provider.stop()

    with pytest.raises(TargetError, match="cannot be reached"):
        await ask()


async def test_proxies_of_the_environment_are_not_used(ask, monkeypatch):
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")

    assert (await ask()).outputs[0].text == "HELLO THERE"


async def test_json_that_fits_is_taken_at_once(ask, provider):
    provider.answers["json"] = ['{"n": 4}']

    result = await ask("json", response_schema=SCHEMA)

    assert result.outputs[0].json == {"n": 4}
    wanted = provider.asked[0][1]["response_format"]
    assert wanted["json_schema"]["schema"] == SCHEMA
    assert len(provider.asked) == 1


@pytest.mark.parametrize("first", ['{"n": 1}', "no JSON", "", '{"m": 4}', "[" * 5_000])
async def test_json_that_does_not_fit_gets_one_more_try(ask, provider, first):
    provider.answers["json"] = [first, '{"n": 4}']

    result = await ask("json", response_schema=SCHEMA)

    assert result.outputs[0].json == {"n": 4}
    assert result.outputs[0].repaired
    complaint = provider.asked[1][1]["messages"][-1]["content"]
    assert complaint.startswith("This does not fit the JSON Schema:\n- ")


async def test_json_that_never_fits_is_a_failure(ask, provider):
    provider.answers["json"] = ['{"n": 1}', '{"n": 2}', '{"n": 3}']

    with pytest.raises(TargetError, match="at the second try either: n: 2 is less than"):
        await ask("json", response_schema=SCHEMA)

    assert len(provider.asked) == 2


async def test_what_postgresql_cannot_keep_is_replaced(ask, provider):
    provider.answers["json"] = [r'{"n": 4, "s": "a\u0000b"}']

    result = await ask("json", response_schema=SCHEMA)

    assert b"\\u0000" not in msgspec.json.encode(result)
    assert result.outputs[0].json["s"] == "a\N{REPLACEMENT CHARACTER}b"


async def test_a_batch_goes_on_after_its_last_answer(ask, ctx, provider):
    provider.answers["json"] = ["one", "two"]
    first = asyncio.create_task(ask("json", prompts=["a", "b", "c"]))
    await first

    provider.asked.clear()
    del ctx.kept["output-1"]
    again = await ask("json", prompts=["a", "b", "c"])

    assert [output.text for output in again.outputs] == ["one", "B", "C"]
    assert again.stats.resumed == 2
    assert len(provider.asked) == 1


async def test_outputs_too_large_for_a_result_become_an_artifact(ask, ctx, provider):
    long = " ".join(["x" * 999] * 60)
    provider.answers["json"] = [long, long, long, long]

    result = await ask("json", prompts=["a", "b", "c", "d"], max_tokens=4_096)

    assert len(msgspec.json.encode(result)) < 262_144
    assert "outputs.json" in result.warnings[-1]
    whole = msgspec.json.decode(ctx.artifacts["outputs.json"].read_bytes())
    assert [output["text"] for output in whole] == [long] * 4
    assert all(len(output.text) == 500 for output in result.outputs)


async def test_an_output_too_large_for_a_checkpoint_is_made_again(ask, ctx, provider):
    provider.answers["json"] = ["x" * 70_000, "short"]

    result = await ask("json", prompts=["a", "b"], max_tokens=4_096)

    assert len(result.outputs[0].text) == 70_000
    assert set(ctx.kept) == {"output-1"}


@pytest.mark.parametrize(
    ("model", "settings", "kind", "said"),
    [
        ("default/none", {}, InvalidInput, r"Usable now: .*default/shout"),
        ("other/shout", {}, InvalidInput, "There is no model 'other/shout'"),
        ("embedded/gpt", {}, InvalidInput, "embedded/smollm2-135m-instruct"),
        ("default/x", {"AI_BASE_URL": ""}, NotConfigured, "AI_BASE_URL is not set"),
        ("default/x", {"AI_BASE_URL": "ftp://x/"}, NotConfigured, "http or https"),
        ("default/x", {"AI_BASE_URL": "http://[bad"}, NotConfigured, "http or https"),
        ("lab/x", {"AI_BACKENDS": "{secret"}, NotConfigured, "AI_BACKENDS cannot be used"),
        ("lab/x", {"AI_BACKENDS": '{"lab": {"url": 1}}'}, NotConfigured, "AI_BACKENDS"),
        (
            "lab/x",
            {"AI_BACKENDS": '{"Embedded!": {"base_url": "http://x"}}'},
            NotConfigured,
            "a name has",
        ),
    ],
)
async def test_what_is_not_configured_is_said(ask, ctx, model, settings, kind, said):
    ctx.settings |= settings

    with pytest.raises(kind, match=said) as failed:
        await run(msgspec.convert({"model": model, "prompt": "a"}, AiJob), ctx)

    assert "secret" not in str(failed.value)
