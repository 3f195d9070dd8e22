"""Orders on their way to being jobs: once, whole, and without harm to their neighbours."""

import asyncio
from datetime import UTC, datetime

import pytest

from support.counting import counting
from support.make import order, person
from taskforge.core.errors import Conflict, Invalid, TaskForgeError
from taskforge.flows import control, submit
from taskforge.flows.deps import open_deps
from taskforge.handlers.registry import load

BY = person()


@pytest.fixture
async def deps(settings):
    async with open_deps(settings, load(["jobs.plain"])) as it:
        yield it


async def jobs(plain):
    return await plain.fetchval("SELECT count(*) FROM jobs")


async def test_a_hundred_equal_submits_with_one_key_make_one_job(deps, plain):
    asked = order(idempotency_key="once")
    labels = {"queue": "default", "job_type": "noop", "source": "single"}
    counted = counting("taskforge_jobs_submitted_total", **labels)

    done = await asyncio.gather(
        *(submit.submit(deps, asked, BY) for _ in range(100)), return_exceptions=True
    )

    made = {it.job.id for it in done if isinstance(it, submit.Submitted)}
    assert len(made) == 1
    assert sum(it.fresh for it in done if isinstance(it, submit.Submitted)) == 1
    refused = [it for it in done if not isinstance(it, submit.Submitted)]
    assert await jobs(plain) == counted() == 1
    assert refused == [] or {type(it) for it in refused} == {Conflict}


async def test_one_key_with_two_bodies_is_refused_and_makes_nothing(deps, plain):
    await submit.submit(deps, order(idempotency_key="k"), BY)

    with pytest.raises(Invalid) as refused:
        await submit.submit(deps, order(idempotency_key="k", max_retries=9), BY)

    assert refused.value.code == "idempotency_key_reused"
    assert await jobs(plain) == 1


async def test_keys_are_apart_for_each_person(deps, plain):
    for by in (BY, person("bob")):
        assert (await submit.submit(deps, order(idempotency_key="k"), by)).fresh

    assert await jobs(plain) == 2


async def test_an_expired_key_names_a_new_job(deps, plain):
    first = await submit.submit(deps, order(idempotency_key="k"), BY)
    await plain.execute("UPDATE idempotency_keys SET expires_at = now() - interval '1 s'")

    second = await submit.submit(deps, order(idempotency_key="k"), BY)

    assert second.fresh
    assert second.job.id != first.job.id


async def test_a_key_whose_job_was_deleted_makes_no_second_job(deps, plain):
    first = await submit.submit(deps, order(idempotency_key="k", delay_seconds=60), BY)
    await control.cancel(deps, first.job.id, BY)
    await control.delete(deps, first.job.id, BY)

    with pytest.raises(Conflict):
        await submit.submit(deps, order(idempotency_key="k", delay_seconds=60), BY)

    assert await jobs(plain) == 0


@pytest.mark.parametrize("atomic", [True, False])
async def test_one_key_twice_in_one_call_makes_one_job(deps, plain, atomic):
    asked = [order(idempotency_key="k"), order(), order(idempotency_key="k")]

    done = await submit.submit_many(deps, asked, BY, atomic=atomic)

    first, other, again = (it for it in done if isinstance(it, submit.Submitted))
    assert first.job.id == again.job.id != other.job.id
    assert [it.fresh for it in (first, other, again)] == [True, True, False]
    assert await jobs(plain) == 2


async def test_one_key_with_two_bodies_in_one_call_is_refused(deps, plain):
    asked = [order(idempotency_key="k"), order(idempotency_key="k", max_retries=9)]

    with pytest.raises(Invalid):
        await submit.submit_many(deps, asked, BY, atomic=True)

    assert await jobs(plain) == 0


async def test_all_or_nothing_is_nothing_when_one_is_wrong(deps, plain):
    asked = [order(), order("no_such_type"), order("pause", {"seconds": -1})]

    with pytest.raises(Invalid) as refused:
        await submit.submit_many(deps, asked, BY, atomic=True)

    assert [fault.pointer.split("/")[2] for fault in refused.value.faults] == ["1", "2"]
    assert await jobs(plain) == 0


async def test_otherwise_each_order_has_its_own_answer_in_order(deps, plain):
    asked = [order(), order("no_such_type"), order(), order("pause", {"seconds": -1})]

    done = await submit.submit_many(deps, asked, BY, atomic=False)

    assert [isinstance(it, TaskForgeError) for it in done] == [False, True, False, True]
    assert await jobs(plain) == 2


HOSTILE = [
    {"tags": ["a\x00b"]},
    {"tags": ["\ud800"]},
    {"webhook_url": "https://example.com/\x00"},
    {"scheduled_at": datetime.fromisoformat("0001-01-01T00:00:00+14:00")},
]


@pytest.mark.parametrize("fields", HOSTILE, ids=["nul", "surrogate", "url", "year 1"])
async def test_an_order_that_the_database_refuses_does_not_take_its_neighbours_along(
    deps, plain, fields
):
    good = [submit.submit(deps, order(), BY) for _ in range(5)]

    done = await asyncio.gather(
        *good[:2], submit.submit(deps, order(**fields), BY), *good[2:], return_exceptions=True
    )

    assert isinstance(done[2], Invalid)
    assert all(isinstance(it, submit.Submitted) for n, it in enumerate(done) if n != 2)
    assert await jobs(plain) == 5


@pytest.mark.parametrize(
    "fields",
    [
        {"scheduled_at": datetime(2999, 1, 1, tzinfo=UTC)},
        {"scheduled_at": datetime(2026, 1, 1)},  # noqa: DTZ001 - that is the point
        {"scheduled_at": datetime(2026, 1, 1, tzinfo=UTC), "delay_seconds": 5},
    ],
)
async def test_a_time_that_makes_no_sense_is_refused(deps, plain, fields):
    with pytest.raises(Invalid):
        await submit.submit(deps, order(**fields), BY)

    assert await jobs(plain) == 0
