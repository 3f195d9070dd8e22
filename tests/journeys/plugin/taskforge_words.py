"""A job type as a package of its own: the words of a text, counted.

It uses what the contract offers: defaults and limits of its own, checks at submission, a summary
and an estimate, progress, log lines, a checkpoint, an artifact, and an error that no retry helps.
"""

import csv
import io
import re
from collections import Counter
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from taskforge.core.failures import InvalidInput
from taskforge.core.priority import Priority
from taskforge.handlers.base import Context, Estimate, Payload, job_type

WORD = re.compile(r"\w+")
STEP = 100
"""Lines between two checkpoints."""


class Text(Payload, frozen=True):
    """A text to count the words of."""

    text: Annotated[str, Meta(min_length=1, max_length=10_000)]
    """Upper and lower case count as the same."""
    top: Annotated[int, Meta(ge=1, le=100)] = 10
    """How many words to answer with; the file has all of them."""


class Counted(msgspec.Struct, frozen=True, kw_only=True):
    """The words of a text."""

    version: int = 1
    backend: str = "re"
    warnings: list[str] = []
    stats: dict[str, int]
    """How many lines, words, and different words there were."""
    top: dict[str, int]
    """The most frequent words."""


class Place(msgspec.Struct, frozen=True):
    """How far an attempt came."""

    line: int = 0
    counts: dict[str, int] = {}


def summarise(ask: Text) -> str:
    """The line for lists."""
    return f"the {ask.top} most frequent words of {len(ask.text):,} characters"


def estimate(ask: Text) -> Estimate:
    """What it will take."""
    return Estimate(seconds=0.1, note=f"{len(ask.text.splitlines()):,} lines")


@job_type(
    "word_count",
    Text,
    title="Word count",
    icon="whole-word",
    result=Counted,
    viewer="table",
    priority=Priority.LOW,
    max_retries=1,
    timeout_seconds=60,
    concurrency=2,
    examples=[{"text": "the cat and the hat", "top": 2}],
    summarise=summarise,
    estimate=estimate,
)
async def word_count(ask: Text, ctx: Context) -> Counted:
    """Count the words of a text.

    All of them go to `words.csv`, the most frequent ones into the result.
    """
    lines = ask.text.splitlines()
    place: Any = await ctx.resume()
    place = Place() if place is None else msgspec.convert(place, Place)
    counts = Counter(place.counts)
    for start in range(place.line, len(lines), STEP):
        for line in lines[start : start + STEP]:
            counts.update(WORD.findall(line.lower()))
        done = min(start + STEP, len(lines))
        await ctx.checkpoint(Place(done, counts))
        await ctx.progress(current=done, total=len(lines), stage="counting")
    if not counts:
        raise InvalidInput("the text has no words; give one with letters or digits")
    async with ctx.artifact("words.csv", "text/csv") as file:
        await file.write(as_csv(counts))
    ctx.log("info", "words counted", words=counts.total(), different=len(counts))
    stats = {"lines": len(lines), "words": counts.total(), "different": len(counts)}
    return Counted(stats=stats, top=dict(counts.most_common(ask.top)))


def as_csv(counts: Counter[str]) -> bytes:
    """Every word with its number, the most frequent first."""
    table = io.StringIO(newline="")
    csv.writer(table).writerows([("word", "times"), *counts.most_common()])
    return table.getvalue().encode()
