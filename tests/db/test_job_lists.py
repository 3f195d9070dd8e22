"""Lists of jobs: every combination of filters, page by page."""

import random
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from msgspec import structs
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from taskforge.core.priority import Priority
from taskforge.core.states import JobStatus
from taskforge.db.job_filters import JobFilters
from taskforge.db.job_lists import REACHES, list_jobs

BEGIN = datetime(2026, 3, 1, tzinfo=UTC)
ANA, BEN = UUID(int=11), UUID(int=12)
RED, BLUE, GREEN = UUID(int=21), UUID(int=22), UUID(int=23)
TYPES = ["email", "custom", "data_processing"]
TAGS = ["nightly", "eu", "custom", 'quo"te, {brace}']


def some_jobs(n: int) -> list[dict[str, Any]]:
    chance = random.Random(7)
    return [
        {
            "status": chance.choice(list(JobStatus)),
            "type": chance.choice(TYPES),
            "priority": chance.randrange(4),
            "tags": chance.sample(TAGS, chance.randrange(3)),
            "created_by": chance.choice([ANA, BEN, None]),
            "workers": chance.choices([RED, BLUE], k=chance.randrange(3)),
            "worker_id": chance.choice([BLUE, GREEN]),
        }
        for _ in range(n)
    ]


def fits(job: dict[str, Any], at: datetime, filters: JobFilters) -> bool:
    """What the filters mean, said in the plainest way."""
    workers = set(job["workers"])
    if job["status"] is JobStatus.RUNNING:
        workers.add(job["worker_id"])
    return all(
        [
            not filters.status or job["status"] in filters.status,
            not filters.type or job["type"] in filters.type,
            not filters.priority or job["priority"] in {p.rank for p in filters.priority},
            not filters.tag or filters.tag in job["tags"],
            not filters.created_by or filters.created_by == job["created_by"],
            not filters.worker_id or filters.worker_id in workers,
            not filters.created_after or at >= filters.created_after,
            not filters.created_before or at < filters.created_before,
            not filters.q or filters.q in job["tags"] or filters.q == job["type"],
        ]
    )


async def all_pages(connection: AsyncConnection, filters: JobFilters, limit: int) -> list[UUID]:
    found: list[UUID] = []
    page = await list_jobs(connection, filters, after=None, limit=limit)
    found += [item.id for item in page.items]
    while page.last is not None:
        assert len(page.items) <= limit
        page = await list_jobs(connection, filters, after=page.last, limit=limit)
        found += [item.id for item in page.items]
    return found


S, P = JobStatus, Priority
FILTERS = {
    "none": JobFilters(),
    "a status": JobFilters(status=frozenset({S.FAILED})),
    "all statuses": JobFilters(status=frozenset(S)),
    "a type": JobFilters(type=frozenset({"email"})),
    "two types": JobFilters(type=frozenset({"email", "custom"})),
    "no such type": JobFilters(type=frozenset({"nope"})),
    "a priority": JobFilters(priority=frozenset({P.LOW})),
    "two priorities": JobFilters(priority=frozenset({P.LOW, P.CRITICAL})),
    "a tag": JobFilters(tag="nightly"),
    "a tag with all that hurts": JobFilters(tag=TAGS[3]),
    "a creator": JobFilters(created_by=ANA),
    "a worker of past attempts": JobFilters(worker_id=RED),
    "a worker of past and present": JobFilters(worker_id=BLUE),
    "a worker of the present": JobFilters(worker_id=GREEN),
    "after": JobFilters(created_after=BEGIN + timedelta(seconds=170)),
    "before": JobFilters(created_before=BEGIN + timedelta(seconds=170)),
    "between": JobFilters(
        created_after=BEGIN + timedelta(seconds=100), created_before=BEGIN + timedelta(seconds=200)
    ),
    "a word that is tag and type": JobFilters(q="custom"),
    "a word that is nothing": JobFilters(q="nothing"),
    "status and type": JobFilters(status=frozenset({S.FAILED}), type=frozenset({"email"})),
    "success and worker": JobFilters(status=frozenset({S.SUCCESS}), worker_id=RED),
    "tag and word": JobFilters(tag="eu", q="custom"),
    "creator and priority": JobFilters(created_by=BEN, priority=frozenset({P.HIGH})),
    "everything": JobFilters(
        status=frozenset({S.SUCCESS, S.FAILED, S.RUNNING}),
        type=frozenset({"email", "custom"}),
        priority=frozenset({P.LOW, P.HIGH, P.NORMAL}),
        tag="eu",
        created_by=ANA,
        worker_id=BLUE,
        created_after=BEGIN,
        created_before=BEGIN + timedelta(days=1),
        q="eu",
    ),
}


@pytest.mark.parametrize("name", FILTERS)
async def test_the_pages_together_hold_what_fits_newest_first(connection, plant, name):
    jobs = some_jobs(300)
    ids = await plant(jobs)
    wanted = [
        id_
        for n, (id_, job) in enumerate(zip(ids, jobs, strict=True))
        if fits(job, BEGIN + timedelta(seconds=n), FILTERS[name])
    ]

    found = await all_pages(connection, FILTERS[name], limit=7)

    assert found == wanted[::-1]


async def test_a_list_of_no_jobs_is_empty(connection, plant):
    await plant([])

    page = await list_jobs(connection, JobFilters(), after=None, limit=50)

    assert page == ([], None)


async def test_a_page_that_is_just_full_is_the_last(connection, plant):
    await plant([{}] * 5)

    page = await list_jobs(connection, JobFilters(), after=None, limit=5)

    assert len(page.items) == 5
    assert page.last is None


async def test_the_first_digits_of_an_id_find_it(connection, plant):
    ids = await plant([{}] * 3)
    digits = str(ids[1])[:13].upper()

    assert await all_pages(connection, JobFilters(q=digits), limit=50) == [ids[1]]
    assert await all_pages(connection, JobFilters(q=str(ids[2])), limit=50) == [ids[2]]


async def test_digits_that_are_too_few_for_an_id_are_a_word(connection, plant):
    ids = await plant([{"tags": ["cafe"]}, {}])

    assert await all_pages(connection, JobFilters(q="cafe"), limit=50) == [ids[0]]


async def test_jobs_that_come_and_go_move_no_page(connection, plant):
    ids = await plant([{}] * 6)
    first = await list_jobs(connection, JobFilters(), after=None, limit=2)
    await connection.execute(text("DELETE FROM jobs WHERE id = :id"), {"id": ids[4]})

    second = await list_jobs(connection, JobFilters(), after=first.last, limit=2)

    assert [item.id for item in second.items] == [ids[3], ids[2]]


async def test_filters_that_exclude_each_other_give_short_pages_and_still_find_the_last(
    connection, plant
):
    apart = [{"tags": ["a"], "type": "b"}]
    apart += [{"tags": ["a"]}, {"type": "b"}] * (sum(REACHES) + 100)
    ids = await plant(apart)
    filters = JobFilters(tag="a", type=frozenset({"b"}))

    page = await list_jobs(connection, filters, after=None, limit=50)

    assert page.items == []
    assert page.last is not None
    assert await all_pages(connection, filters, limit=50) == [ids[0]]


@pytest.mark.parametrize(
    "moment",
    [
        datetime.min.replace(tzinfo=UTC),
        datetime.max.replace(tzinfo=UTC),
        datetime.max.replace(tzinfo=UTC).astimezone(tz=None).replace(microsecond=0),
    ],
    ids=["the first", "the last", "the last elsewhere"],
)
async def test_moments_at_the_ends_of_time_are_no_error(connection, plant, moment):
    ids = await plant([{}] * 2)

    after = await all_pages(connection, JobFilters(created_after=moment), limit=50)
    before = await all_pages(connection, JobFilters(created_before=moment), limit=50)

    assert sorted(after + before) == ids


async def test_a_job_in_a_list_has_its_row(connection, plant):
    await plant([{"tags": ["x"], "created_by": ANA, "priority": 0, "status": "failed"}])

    page = await list_jobs(connection, JobFilters(), after=None, limit=1)

    item = page.items[0]
    assert (item.priority, item.status) == (P.CRITICAL, S.FAILED)
    assert (item.tags, item.created_by, item.created_at) == (["x"], ANA, BEGIN)


def test_equal_filters_have_one_scope_and_others_another():
    one = JobFilters(status=frozenset({S.FAILED, S.QUEUED}))

    assert one.scope() == JobFilters(status=frozenset({S.QUEUED, S.FAILED})).scope()
    assert len({structs.replace(one, **{f: v}).scope() for f, v in (
        ("tag", "a"), ("q", "a"), ("type", frozenset({"a"})), ("created_by", ANA),
        ("worker_id", ANA), ("created_after", BEGIN), ("created_before", BEGIN),
    )}) == 7  # fmt: skip
