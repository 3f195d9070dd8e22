"""Retention: what outlives its time goes, by status, in small batches, and nothing else."""

from uuid import UUID

import pytest
from sqlalchemy import event, text, update

from taskforge.core.states import FINAL, JobStatus
from taskforge.db.deliveries import prune_deliveries
from taskforge.db.mailbox import prune_mail
from taskforge.db.moves import promote
from taskforge.db.prune import OWNED, prune_jobs, prune_keys, prune_minutes, prune_spans
from taskforge.db.tables import jobs
from taskforge.db.uploads import prune_uploads

DAYS = dict.fromkeys(FINAL, 30.0)
EVERY = [*JobStatus]


async def aged(connection, plant, wanted, *, days):
    """Jobs that ended so many days ago, if they did."""
    ids = await plant(wanted)
    ago = text(f"clock_timestamp() - interval '{days} days'")
    ended = jobs.c.id.in_(ids) & jobs.c.finished_at.is_not(None)
    await connection.execute(update(jobs).where(ended).values(finished_at=ago))
    return ids


async def left(connection):
    return set(await connection.scalars(text("SELECT id FROM jobs")))


@pytest.mark.parametrize(
    ("days", "gone"),
    [
        pytest.param({}, set(), id="all for ever"),
        pytest.param(DAYS, FINAL, id="one time for all"),
        pytest.param(DAYS | {JobStatus.FAILED: 90.0}, FINAL - {"failed"}, id="some for longer"),
        pytest.param({JobStatus.SUCCESS: 1.0}, {"success"}, id="one status alone"),
        pytest.param(dict.fromkeys(FINAL, 32.0), set(), id="not yet"),
    ],
)
async def test_jobs_go_when_the_time_of_their_status_is_over(connection, plant, days, gone):
    wanted = [{"status": status} for status in EVERY]
    ids = await aged(connection, plant, wanted, days=31)

    found = await prune_jobs(connection, days=days, limit=100)

    assert {EVERY[ids.index(it)] for it in found} == gone
    assert await left(connection) == set(ids) - set(found)


async def test_a_batch_has_no_more_than_its_limit_whatever_the_statuses(connection, plant):
    wanted = [{"status": status} for status in sorted(FINAL)] * 3
    await aged(connection, plant, wanted, days=31)

    rounds = [len(await prune_jobs(connection, days=DAYS, limit=5)) for _ in range(4)]

    assert rounds == [5, 5, 2, 0]


async def test_the_oldest_of_a_status_go_first(connection, plant):
    young = await aged(connection, plant, [{"status": "failed"}] * 2, days=31)
    await connection.execute(
        update(jobs)
        .where(jobs.c.id == young[1])
        .values(finished_at=text("now() - interval '60 d'"))
    )

    assert await prune_jobs(connection, days=DAYS, limit=1) == [young[1]]


async def test_all_that_belongs_to_a_job_goes_with_it(connection, plant):
    await aged(connection, plant, [{"tags": ["a"], "workers": [UUID(int=1)]}], days=31)

    assert len(await prune_jobs(connection, days=DAYS, limit=9)) == 1

    for table in OWNED:
        assert await connection.scalar(text(f"SELECT count(*) FROM {table}")) == 0, table


async def test_a_job_that_somebody_queues_again_meanwhile_stays(connection, plant, engine):
    lost, saved = await aged(connection, plant, [{"status": "failed"}] * 2, days=31)
    async with engine.connect() as rival:
        await rival.execution_options(isolation_level="READ COMMITTED")
        await rival.execute(text("SELECT FROM jobs WHERE id = :id FOR UPDATE"), {"id": saved})

        assert await prune_jobs(connection, days=DAYS, limit=9) == [lost]

        await rival.rollback()


BY_TIME = [
    pytest.param(lambda c: prune_jobs(c, days=DAYS, limit=9), "finished_at <", id="jobs"),
    pytest.param(lambda c: prune_keys(c, limit=9), "expires_at <", id="keys"),
    pytest.param(lambda c: prune_minutes(c, days=9, limit=9), "minute <", id="minutes"),
    pytest.param(lambda c: prune_spans(c, days=9, limit=9), "at <", id="spans"),
    pytest.param(lambda c: prune_deliveries(c, days=9, limit=9), "created_at <", id="deliveries"),
    pytest.param(lambda c: prune_mail(c, days=9, limit=9), "at <", id="mail"),
    pytest.param(lambda c: prune_uploads(c, limit=9), "expires_at <", id="uploads"),
    pytest.param(lambda c: promote(c, limit=9), "run_at <", id="what is due"),
]


@pytest.mark.parametrize(("act", "condition"), BY_TIME)
async def test_what_is_young_is_not_even_looked_at(connection, act, condition):
    """A clock that moves on is no bound for an index: all rows would be read, old or not."""
    seen = []
    event.listen(
        connection.sync_connection,
        "before_cursor_execute",
        lambda *given: seen.append((given[2], given[3])),
    )
    await act(connection)
    ((statement, values),) = seen

    plan = (await connection.exec_driver_sql(f"EXPLAIN {statement}", values)).scalars().all()

    assert any("Index Cond" in line and condition in line for line in plan), "\n".join(plan)
