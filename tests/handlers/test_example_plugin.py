"""The example plug-in by itself: what tests/journeys/test_plugin.py cannot bring about."""

import importlib
from pathlib import Path

import pytest

from taskforge.core.failures import InvalidInput

PLUGIN = Path(__file__).parents[1] / "journeys" / "plugin"


@pytest.fixture
def words(monkeypatch):
    monkeypatch.syspath_prepend(PLUGIN)
    return importlib.import_module("taskforge_words")


async def test_a_second_attempt_goes_on_where_the_first_stopped(words, ctx):
    await ctx.checkpoint(words.Place(200, {"a": 7}))

    done = await words.word_count(words.Text(text="a b\n" * 250), ctx)

    assert done.top == {"a": 57, "b": 50}
    assert [told.current for told in ctx.told] == [250]


async def test_the_place_is_kept_after_each_step(words, ctx):
    await words.word_count(words.Text(text="a b\n" * 150), ctx)

    assert [told.current for told in ctx.told] == [100, 150]
    assert await ctx.resume() == {"line": 150, "counts": {"a": 150, "b": 150}}
    assert ctx.artifacts["words.csv"].read_bytes() == b"word,times\r\na,150\r\nb,150\r\n"


async def test_a_text_without_words_is_refused(words, ctx):
    with pytest.raises(InvalidInput, match="has no words"):
        await words.word_count(words.Text(text="?!"), ctx)


def test_the_largest_text_fits_into_a_checkpoint(words):
    text = " ".join(chr(0x4E00 + n) for n in range(5_000))
    ask = words.Text(text=text)

    counts = dict.fromkeys(words.WORD.findall(ask.text), 1)

    assert len(words.msgspec.json.encode(words.Place(1, counts))) <= 64_000
