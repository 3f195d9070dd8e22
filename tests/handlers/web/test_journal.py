import random
import string

import msgspec
import pytest

from taskforge.handlers.web.journal import PIECE, Journal, SiteMemory, pack, unpack
from taskforge.handlers.web.payload import WebPayload
from taskforge.handlers.web.records import Outcome, Reading, Seeds

KEY_LIMIT = 65_536


def outcome(number, size=0):
    text = "".join(random.Random(number).choices(string.printable, k=size))
    return Outcome(url=f"http://a/{number}", depth=0, etag='"1"', reading=Reading(text=text))


async def replayed(ctx):
    journal = Journal(ctx)
    urls = [o.url async for entry in journal.replay() for o in entry.outcomes]
    return journal, urls


@pytest.mark.parametrize("size", [0, 1, PIECE, 1_000_000])
def test_what_is_packed_comes_back(size):
    data = random.Random(size).randbytes(size)

    pieces = pack(data)

    assert unpack(pieces) == data
    assert max(map(len, pieces)) <= PIECE


async def test_outcomes_come_back_in_order_over_several_attempts(ctx):
    for attempt in range(3):
        journal, urls = await replayed(ctx)
        assert urls == [f"http://a/{n}" for n in range(attempt * 2)]
        for number in (attempt * 2, attempt * 2 + 1):
            await journal.add(outcome(number))

    _, urls = await replayed(ctx)

    assert urls == [f"http://a/{n}" for n in range(6)]


async def test_a_large_outcome_takes_several_keys_that_each_fit(ctx):
    journal = Journal(ctx)
    await journal.add(outcome(1, 300_000))
    await journal.add(outcome(2))

    _, urls = await replayed(ctx)

    assert urls == ["http://a/1", "http://a/2"]
    assert len(ctx.kept) > 3
    assert max(map(len, ctx.kept.values())) <= KEY_LIMIT


async def test_an_entry_cut_short_by_a_crash_is_left_out_and_written_over(ctx):
    journal = Journal(ctx)
    await journal.add(outcome(1))
    await journal.add(outcome(2, 300_000))
    del ctx.kept[max(ctx.kept)]

    journal, urls = await replayed(ctx)
    await journal.add(outcome(3))

    assert urls == ["http://a/1"]
    assert (await replayed(ctx))[1] == ["http://a/1", "http://a/3"]


async def test_seeds_are_kept_beside_outcomes(ctx):
    await Journal(ctx).sow(Seeds(urls=["http://a/x"]))

    entries = [entry async for entry in Journal(ctx).replay()]

    assert entries[0].seeds == Seeds(urls=["http://a/x"])


async def remembered(ctx, *outcomes, **payload):
    memory = SiteMemory(ctx, msgspec.convert(payload, WebPayload))
    for one in outcomes:
        memory.keep(one)
    await memory.remember()
    return await SiteMemory(ctx, msgspec.convert(payload, WebPayload)).recall()


async def test_pages_with_validators_are_remembered_for_the_same_wishes(ctx):
    bare = Outcome(url="http://a/none", depth=0)
    broken = Outcome(url="http://a/broken", depth=0, etag='"1"', error="x")

    kept = await remembered(ctx, outcome(1), bare, broken)

    assert list(kept) == ["http://a/1"]
    assert await SiteMemory(ctx, WebPayload(item="p")).recall() == {}


async def test_memory_has_a_limit(ctx):
    kept = await remembered(ctx, *(outcome(n, 1_000_000) for n in range(8)))

    assert 1 <= len(kept) < 5
    assert max(map(len, ctx.memory.values())) <= KEY_LIMIT


async def test_a_memory_that_two_jobs_wrote_at_once_is_not_believed(ctx):
    await remembered(ctx, outcome(1, 200_000))
    key = max(ctx.memory)
    piece = msgspec.json.decode(ctx.memory[key])
    ctx.memory[key] = msgspec.json.encode({**piece, "job": "another"})

    assert await SiteMemory(ctx, WebPayload()).recall() == {}
