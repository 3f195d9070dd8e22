"""What an attempt tells while it works: progress, log lines, streamed text."""

import asyncio
import time

import msgspec
import pytest

from support.make import claimer, order, person
from support.waiting import eventually
from taskforge.bus.cursor import BEGINNING
from taskforge.bus.follow import StreamReader
from taskforge.core.events import Event, JobFrame
from taskforge.core.history import LogLevel
from taskforge.db.job_rows import get_row
from taskforge.db.jobs import job_logs
from taskforge.flows import submit
from taskforge.flows.attempt import take
from taskforge.flows.context import STREAM_LIMIT, STREAM_PIECE, STREAM_SECONDS, JobContext
from taskforge.flows.deps import open_deps
from taskforge.flows.unit import Unit
from taskforge.handlers.registry import load


@pytest.fixture(scope="module")
def types():
    return load(["jobs.plain"])


@pytest.fixture
async def unit(settings, types):
    async with open_deps(settings, types) as deps:
        yield Unit(deps, claimer(types=sorted(types.types)))


@pytest.fixture
async def ctx(unit):
    done = await submit.submit(unit.deps, order("noop"), person())
    claimed = await take(unit, [done.job.id], free=1)
    return JobContext(unit, claimed[0].row, None)


async def frames(unit, event):
    """What has been announced of this kind."""
    await unit.drain()
    await unit.deps.stream.close()
    _, entries, _ = await StreamReader(unit.deps.redis).read(BEGINNING)
    found = [msgspec.json.decode(raw, type=JobFrame) for it in entries for raw in it.frames]
    return [frame for frame in found if frame.event is event]


async def streamed(unit):
    return [frame.stream for frame in await frames(unit, Event.JOB_STREAM) if frame.stream]


async def test_streamed_text_leaves_in_few_frames_that_fit_together(unit, ctx):
    started = time.monotonic()
    for n in range(300):
        ctx.stream(f"{n} ")
        await asyncio.sleep(0.001)
    await ctx.close()
    took = time.monotonic() - started

    sent = await streamed(unit)

    whole = "".join(f"{n} " for n in range(300))
    assert "".join(part.text for part in sent) == whole
    assert [part.offset for part in sent] == [whole.index(part.text) for part in sent]
    assert {part.attempt for part in sent} == {1}
    assert 2 <= len(sent) <= took / STREAM_SECONDS + 1


async def test_much_text_at_once_is_cut_into_frames_of_a_bearable_size(unit, ctx):
    ctx.stream("x" * 3 * STREAM_PIECE)
    await ctx.close()

    sent = await streamed(unit)

    assert [(part.offset, len(part.text)) for part in sent] == [
        (n * STREAM_PIECE, STREAM_PIECE) for n in range(3)
    ]


async def test_a_stream_without_end_ends_with_a_mark(unit, ctx):
    for _ in range(3):
        ctx.stream("y" * (STREAM_LIMIT // 2))
    ctx.stream("z\0\ud800")
    await ctx.close()

    sent = "".join(part.text for part in await streamed(unit))

    assert len(sent) == STREAM_LIMIT
    assert set(sent) == {"y"}


async def test_text_that_is_cut_short_shows_it(unit, ctx):
    ctx.stream("y" * (STREAM_LIMIT + 1))
    await ctx.close()

    sent = "".join(part.text for part in await streamed(unit))

    assert (len(sent), sent[-1]) == (STREAM_LIMIT, "…")


async def test_odd_characters_are_made_harmless(unit, ctx):
    ctx.stream("a\0b\ud800c")
    await ctx.close()

    [part] = await streamed(unit)

    assert part.text == "a\N{REPLACEMENT CHARACTER}b?c"


async def test_the_last_progress_is_kept_however_many_there_were(unit, ctx):
    for n in range(1_000):
        await ctx.progress(current=n + 1, total=1_000)
    await ctx.close()
    await unit.drain()

    assert ctx.latest
    assert (ctx.latest.percent, ctx.latest.current) == (100.0, 1_000)
    assert len(await frames(unit, Event.JOB_PROGRESS)) < 10


async def test_a_report_that_had_to_wait_still_leaves(unit, ctx):
    await ctx.progress(percent=1)
    await ctx.progress(percent=2)

    async def stored():
        async with unit.deps.db.connect() as connection:
            row = await get_row(connection, ctx.job_id)
        return row and row.progress and row.progress.percent == 2

    await eventually(stored)


async def test_what_a_handler_left_running_tells_nothing_after_the_end(unit, ctx):
    ctx.log("info", "before")
    await ctx.progress(percent=50)
    await ctx.close()

    ctx.log("info", "after")
    ctx.stream("after")
    await ctx.progress(percent=99)
    await ctx.close()

    async with unit.deps.db.connect() as connection:
        lines = await job_logs(connection, ctx.job_id, after=0, limit=10, level=LogLevel.DEBUG)
    assert [line.message for line in lines] == ["before"]
    assert ctx.latest.percent == 50
    assert await streamed(unit) == []


async def test_a_log_that_grows_too_long_says_so(unit, ctx):
    for n in range(2_500):
        ctx.log("info", "x" * 10, n=n)
    await ctx.close()

    async with unit.deps.db.connect() as connection:
        lines = await job_logs(connection, ctx.job_id, after=1_990, limit=200, level=LogLevel.DEBUG)
    assert "truncated" in lines[-1].message
    assert lines[-1].level == "warning"
    assert len(lines) == 11
