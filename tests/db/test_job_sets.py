"""All jobs that match: in batches, counted, and under lock."""

from uuid import UUID

import pytest

from taskforge.core.operation import Standing
from taskforge.core.priority import Priority
from taskforge.core.states import JobStatus
from taskforge.db import job_sets
from taskforge.db.engine import transaction
from taskforge.db.job_filters import JobFilters, plan
from taskforge.db.job_lists import list_jobs
from taskforge.db.job_sets import count_jobs, list_ids, lock_jobs
from tests.db.conftest import BEGIN

ANN, WORKER = UUID(int=11), UUID(int=12)
WANTED = [
    {
        "status": ("queued", "running", "failed", "success")[n % 4],
        "type": ("email", "noop")[n % 2],
        "priority": n % 3,
        "tags": ["nightly"] if n % 5 == 0 else [],
        "created_by": ANN if n % 3 else None,
        "workers": [WORKER] if n % 7 == 0 else [],
    }
    for n in range(60)
]
FILTERS = {
    "all": JobFilters(),
    "tag": JobFilters(tag="nightly"),
    "statuses": JobFilters(status=frozenset({JobStatus.QUEUED, JobStatus.FAILED})),
    "type and creator": JobFilters(type=frozenset({"email"}), created_by=ANN),
    "worker": JobFilters(worker_id=WORKER),
    "word": JobFilters(q="nightly"),
    "priority and success": JobFilters(
        priority=frozenset({Priority.HIGH}), status=frozenset({JobStatus.SUCCESS})
    ),
    "time": JobFilters(created_before=BEGIN.replace(second=30), tag="nightly"),
    "nothing": JobFilters(tag="nowhere"),
}
OF_EACH = pytest.mark.parametrize("filters", FILTERS.values(), ids=FILTERS)


@pytest.fixture
def small(monkeypatch):
    """So few candidates at a time that every answer takes several batches."""
    monkeypatch.setattr(job_sets, "REACH", 7)
    monkeypatch.setattr(job_sets, "COUNT_REACH", 7)


async def listed(connection, filters) -> list[UUID]:
    return [job.id for job in (await list_jobs(connection, filters, after=None, limit=200)).items]


@OF_EACH
async def test_batches_are_the_list_without_gaps_and_repeats(connection, plant, small, filters):
    await plant(WANTED)
    found: list[UUID] = []
    after: UUID | None = None
    while True:
        batch = await list_ids(connection, plan(filters), after=after, limit=4)
        found += batch.ids
        after = batch.last
        if after is None:
            break

    assert found == await listed(connection, filters)


@OF_EACH
async def test_the_count_is_that_of_the_list(connection, plant, small, filters):
    await plant(WANTED)

    tally = await count_jobs(connection, plan(filters), seconds=20)

    assert (tally.counts.total(), tally.exact) == (len(await listed(connection, filters)), True)


async def test_a_count_that_takes_too_long_says_that_it_is_not_exact(connection, plant, small):
    await plant(WANTED)

    tally = await count_jobs(connection, plan(JobFilters()), seconds=-1)

    assert (tally.counts.total(), tally.exact) == (7, False)


async def test_locked_jobs_say_how_they_stand_and_whether_they_fit(engine, plant):
    ids = await plant(WANTED[:4])
    async with transaction(engine) as connection:
        found = await lock_jobs(connection, [*ids, UUID(int=5)], plan(FILTERS["statuses"]))

    assert [found[id_].fits for id_ in ids] == [True, False, True, False]
    assert found[ids[1]].standing == Standing(JobStatus.RUNNING, False, Priority.HIGH)
    assert set(found) == set(ids)
