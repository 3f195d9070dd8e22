"""What an attempt keeps: checkpoints for its successors, memory for later jobs of its type."""

import asyncio

import pytest

from support.make import claimer, ending, order, person
from taskforge.core.failures import InvalidInput
from taskforge.core.ids import new_id
from taskforge.core.states import Move
from taskforge.db.keepsakes import Checkpoint, checkpoints, save_checkpoints
from taskforge.db.moves import settle
from taskforge.flows import control, keepsakes, submit
from taskforge.flows.attempt import take
from taskforge.flows.context import JobContext
from taskforge.flows.deps import open_deps
from taskforge.flows.unit import Unit
from taskforge.handlers.registry import load

BY = person()


@pytest.fixture(scope="module")
def types():
    return load(["jobs.plain"])


@pytest.fixture
async def unit(settings, types):
    async with open_deps(settings, types) as deps:
        yield Unit(deps, claimer(types=sorted(types.types)))


async def started(unit, job_id=None, type="noop"):
    """The context of a fresh attempt."""
    if job_id is None:
        job_id = (await submit.submit(unit.deps, order(type), BY)).job.id
    claimed = await take(unit, [job_id], free=1)
    return JobContext(unit, claimed[0].row, None)


async def ended(unit, ctx, move=Move.RELEASE, **fields):
    async with unit.deps.db.connect() as connection:
        done = await settle(
            connection,
            [ending(ctx.job_id, ctx.attempt, unit.claimer.worker_id, move, **fields)],
        )
    assert done


async def test_the_next_attempt_finds_what_a_crashed_one_kept(unit):
    ctx = await started(unit)
    await ctx.checkpoint({"page": 7})
    await ctx.checkpoint(["ä", None], key="list")
    await ended(unit, ctx, failed=True, crashed=True)

    ctx = await started(unit, ctx.job_id)

    assert ctx.attempt == 2
    assert await ctx.resume() == {"page": 7}
    assert await ctx.resume("none") is None
    assert await ctx.checkpoints() == {"": {"page": 7}, "list": ["ä", None]}


async def test_checkpoints_survive_a_failure_and_retry(unit):
    ctx = await started(unit)
    await ctx.checkpoint(1)
    await ended(unit, ctx, Move.FAIL, failed=True)
    await control.retry(unit.deps, ctx.job_id, BY)

    ctx = await started(unit, ctx.job_id)

    assert await ctx.resume() == 1
    await ctx.checkpoint(2)
    assert await ctx.resume() == 2


async def test_a_deleted_job_takes_its_checkpoints_along(unit):
    ctx = await started(unit)
    await ctx.checkpoint(1)
    await ended(unit, ctx, Move.FAIL, failed=True)

    await control.delete(unit.deps, ctx.job_id, BY)

    async with unit.deps.db.connect() as connection:
        assert await checkpoints(connection, ctx.job_id) == {}


async def test_an_attempt_whose_job_has_passed_on_writes_nothing_more(unit):
    late = await started(unit)
    await late.checkpoint("early")
    await ended(unit, late, crashed=True)
    current = await started(unit, late.job_id)

    for write in (
        late.checkpoint("late"),
        late.checkpoint("late", key="new"),
        late.remember("memory", "late"),
    ):
        with pytest.raises(asyncio.CancelledError, match="another worker"):
            await write

    assert await current.checkpoints() == {"": "early"}
    assert await current.recall("memory") is None


async def test_many_checkpoints_at_once_are_all_kept_and_the_last_of_a_key_stands(unit):
    ctx = await started(unit)

    await asyncio.gather(*(ctx.checkpoint(n, key=str(n % 50)) for n in range(500)))

    assert await ctx.checkpoints() == {str(n): 450 + n for n in range(50)}


async def test_a_late_attempt_in_the_same_flush_does_not_take_a_key_from_its_successor(unit):
    ctx = await started(unit)
    await ended(unit, ctx, crashed=True)
    ctx = await started(unit, ctx.job_id)
    items = [Checkpoint(ctx.job_id, attempt, "", str(attempt)) for attempt in (2, 1)]

    async with unit.deps.db.connect() as connection:
        saved = await save_checkpoints(connection, unit.claimer.worker_id, items)

    assert saved == [True, False]
    assert await ctx.resume() == 2


async def test_a_value_that_postgres_refuses_is_the_fault_of_its_own_job_alone(unit):
    good, bad = await started(unit), await started(unit)

    results = await asyncio.gather(
        good.checkpoint(1),
        good.checkpoint(2, key="b"),
        # jsonb takes no number of so many digits
        unit.checkpoints.put(Checkpoint(bad.job_id, 1, "", "1e200000")),
        return_exceptions=True,
    )

    assert results[:2] == [None, None]
    assert isinstance(results[2], Exception)
    assert await good.checkpoints() == {"": 1, "b": 2}


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("", "x" * 65_535, "65,536 bytes"),
        ("", "a\0b", "NUL"),
        ("", {"a\0": 1}, "NUL"),
        ("a\0", 1, "a key"),
        ("\ud800", 1, "a key"),
        ("k" * 201, 1, "a key"),
        ("", object(), "must be JSON"),
        ("", "\ud800", "must be JSON"),
    ],
    ids=range(8),
)
async def test_what_cannot_be_kept_is_invalid_input(unit, key, value, said):
    ctx = await started(unit)

    with pytest.raises(InvalidInput, match=said):
        await ctx.checkpoint(value, key=key)
    with pytest.raises(InvalidInput, match=said):
        await ctx.remember(key, value)

    assert await ctx.checkpoints() == {}


@pytest.mark.parametrize(
    "value",
    ["x" * 65_534, "\\u0000", "\\\\u0000", 2**70, 1.5, "👍", {"": {"\\": []}}],
    ids=range(7),
)
async def test_what_can_be_kept_comes_back_as_it_was(unit, value):
    ctx = await started(unit)

    await ctx.checkpoint(value, key="k" * 200)
    await ctx.remember("key", value)

    assert await ctx.resume("k" * 200) == value
    assert await ctx.recall("key") == value


async def test_the_number_of_keys_is_limited_for_the_job_and_not_for_each_attempt(
    unit, monkeypatch
):
    monkeypatch.setattr(keepsakes, "KEYS_LIMIT", 2)
    ctx = await started(unit)
    await ctx.checkpoint(1, key="a")
    await ended(unit, ctx)
    ctx = await started(unit, ctx.job_id)

    await ctx.checkpoint(1, key="b")
    await ctx.checkpoint(2, key="a")
    with pytest.raises(InvalidInput, match="at most 2 checkpoints"):
        await ctx.checkpoint(1, key="c")


async def test_all_checkpoints_together_are_limited(unit, monkeypatch):
    monkeypatch.setattr(keepsakes, "TOTAL_LIMIT", 1_000)
    ctx = await started(unit)
    await ctx.checkpoint("x" * 900)
    await ctx.checkpoint("x" * 800)  # in place of the first

    with pytest.raises(InvalidInput, match="of checkpoints"):
        await ctx.checkpoint("x" * 300, key="more")


async def test_memory_is_shared_by_the_jobs_of_a_type_and_by_no_others(unit):
    first, second = await started(unit), await started(unit)
    other = await started(unit, type="say")
    await first.remember("target", {"grade": "B"})

    assert await second.recall("target") == {"grade": "B"}
    assert await other.recall("target") is None
    await second.remember("target", {"grade": "A"})
    assert await first.recall("target") == {"grade": "A"}


async def test_another_job_is_shown_without_its_log(unit):
    ctx, other = await started(unit), await started(unit)

    shown = await ctx.result_of(other.job_id)

    assert shown
    assert (shown["id"], shown["status"]) == (str(other.job_id), "running")
    assert not {"logs", "events"} & set(shown)
    assert await ctx.result_of(new_id()) is None
