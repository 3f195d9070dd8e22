"""Counters: exact at every moment, whoever moves jobs and rolls deltas up meanwhile."""

import asyncio
import random
from collections import Counter
from itertools import pairwise
from math import inf, nextafter
from uuid import UUID

import pytest
from msgspec import Raw
from sqlalchemy import insert, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from support.make import person
from taskforge.core.ids import new_id
from taskforge.core.priority import BY_RANK, Priority
from taskforge.core.spans import BOUNDS, BUCKET_SQL, bucket_of, middle_of
from taskforge.core.states import JobStatus, Move
from taskforge.core.statistics import JobCounts
from taskforge.db.birth import Draft, create
from taskforge.db.charts import MAX_MINUTES, Chart, timeseries
from taskforge.db.claims import Claimer, claim
from taskforge.db.counts import job_counts, last_hour, recount, roll_up
from taskforge.db.engine import transaction
from taskforge.db.moves import Ending, cancel, promote, revive, settle
from taskforge.db.service_tables import job_deltas

WORKER = Claimer(UUID(int=5), [0, 1, 2, 3], ["email", "custom"], 30.0)


def draft(chance: random.Random, delay: float = 0.0) -> Draft:
    return Draft(
        id=new_id(), type=chance.choice(["email", "custom"]), rank=chance.randrange(4),
        payload=Raw(b"{}"), max_retries=3, timeout_seconds=60, run_at=None, delay_seconds=delay,
        created_by=None, webhook_url=None, idempotency_key=None, tags=[], summary=None,
        actor="user:ana",
    )  # fmt: skip


async def counted(connection: AsyncConnection) -> dict[str, Counter[str]]:
    """The truth, from the rows."""
    truth: dict[str, Counter[str]] = {"status": Counter(), "type": Counter(), "priority": Counter()}
    for status, type_, rank in await connection.execute(
        text("SELECT status, type, priority FROM jobs")
    ):
        truth["status"][status] += 1
        truth["type"][type_] += 1
        truth["priority"][BY_RANK[rank]] += 1
    return truth


def said(counts: JobCounts) -> dict[str, Counter[str]]:
    return {
        "status": +Counter({str(status): n for status, n in counts.by_status.items()}),
        "type": +Counter(counts.by_type),
        "priority": +Counter({str(priority): n for priority, n in counts.by_priority.items()}),
    }


async def live(engine: AsyncEngine, seed: int, rounds: int) -> None:
    """Jobs are born, run, fail, are cancelled and queued again."""
    chance = random.Random(seed)
    async with engine.connect() as connection:
        for _ in range(rounds):
            ids = list(await create(connection, [draft(chance) for _ in range(5)]))
            await create(connection, [draft(chance, delay=60)])
            await cancel(connection, ids[:1], person("ana"))
            for job in await claim(connection, WORKER, [], free=4):
                move = chance.choice([Move.SUCCEED, Move.FAIL, Move.RETRY, Move.RELEASE, Move.BURY])
                ending = Ending(job.row.id, job.row.attempt, WORKER.worker_id, move,
                                failed=move is not Move.SUCCEED)  # fmt: skip
                await settle(connection, [ending])
            await revive(connection, ids[:2], person("ana"))
            await promote(connection, limit=5)


async def test_counters_are_exact_in_every_snapshot_while_jobs_move_and_deltas_are_folded(
    engine: AsyncEngine,
):
    lives = [asyncio.create_task(live(engine, seed, rounds=12)) for seed in range(3)]

    async def fold() -> None:
        async with engine.connect() as connection:
            while not all(task.done() for task in lives):
                await roll_up(connection, limit=7)

    async def check() -> int:
        snapshots = 0
        async with engine.connect() as connection:
            await connection.execution_options(isolation_level="REPEATABLE READ")
            while not all(task.done() for task in lives):
                async with connection.begin():
                    counts = await job_counts(connection)
                    assert said(counts) == await counted(connection)
                snapshots += 1
        return snapshots

    checking = asyncio.create_task(check())
    await asyncio.gather(*lives, fold(), fold())

    assert await checking > 3


async def test_folding_changes_no_count_and_a_recount_finds_the_same(engine: AsyncEngine):
    await live(engine, seed=1, rounds=5)
    async with engine.connect() as connection:
        before = said(await job_counts(connection))
        while await roll_up(connection, limit=50):
            pass
        folded = said(await job_counts(connection))
    async with transaction(engine) as connection:
        await recount(connection)
    async with engine.connect() as connection:
        anew = said(await job_counts(connection))
        left = await connection.scalar(text("SELECT count(*) FROM job_deltas"))

    assert before == folded == anew
    assert left == 0


async def test_many_who_fold_at_once_fold_every_delta_once(engine: AsyncEngine):
    await live(engine, seed=2, rounds=5)
    async with engine.connect() as connection:
        deltas = await connection.scalar(text("SELECT count(*) FROM job_deltas"))
        truth = await counted(connection)

    async def fold() -> int:
        async with engine.connect() as connection:
            return sum([await roll_up(connection, limit=20) for _ in range(30)])

    folded = sum(await asyncio.gather(*(fold() for _ in range(6))))

    async with engine.connect() as connection:
        assert folded == deltas
        assert said(await job_counts(connection)) == truth


async def test_a_recount_mends_counters_that_somebody_broke(engine: AsyncEngine):
    await live(engine, seed=3, rounds=2)
    async with engine.connect() as connection:
        await connection.execute(text("UPDATE job_counts SET n = n + 3"))
        await connection.execute(text("DELETE FROM job_deltas"))

    async with transaction(engine) as connection:
        await recount(connection)

    async with engine.connect() as connection:
        assert said(await job_counts(connection)) == await counted(connection)


async def test_every_status_and_priority_is_there_when_there_are_no_jobs(connection):
    counts = await job_counts(connection)

    assert counts.total == 0
    assert set(counts.by_status) == set(JobStatus)
    assert set(counts.by_priority) == set(BY_RANK)


async def test_postgresql_finds_the_same_buckets(connection):
    chance = random.Random(4)
    near = [at for bound in BOUNDS for at in (nextafter(bound, 0), bound, nextafter(bound, inf))]
    anywhere = [chance.lognormvariate(0, 5) for _ in range(2_000)]
    durations = [None, -1.0, 0.0, 1e300, *near, *anywhere]
    statement = text(
        f"SELECT {BUCKET_SQL.format('s')} FROM unnest(CAST(:durations AS float8[]))"
        " WITH ORDINALITY AS d(s, n) ORDER BY n"
    )

    found = list(await connection.scalars(statement, {"durations": durations}))

    assert found == [bucket_of(duration) for duration in durations]


def delta(minutes_ago: int, n: int, left: str | None, entered: str, seconds: float | None = None):
    return {
        "minute": text(f"date_trunc('minute', now()) - interval '{minutes_ago} minutes'"),
        "n": n, "seconds": (seconds or 0.0) * n, "priority": 2, "bucket": bucket_of(seconds),
        "type": "email", "left_status": left, "entered_status": entered,
    }  # fmt: skip


@pytest.mark.parametrize("fold", [False, True], ids=["before folding", "after folding"])
async def test_the_last_hour_has_means_quantiles_and_throughput(connection, fold):
    for values in (
        delta(1, 90, "queued", "running", 0.2),
        delta(1, 10, "queued", "running", 9.0),
        delta(2, 30, "running", "success", 1.0),
        delta(2, 10, "running", "failed", 3.0),
        delta(0, 500, "running", "queued", 50.0),  # handed back: no end
        delta(0, 7, "queued", "cancelled"),  # never ran; and this minute is not full
        delta(61, 900, "running", "success", 100.0),  # too long ago
    ):
        await connection.execute(insert(job_deltas).values(**values))
    if fold:
        await roll_up(connection)

    hour = await last_hour(connection)

    assert hour.avg_duration_seconds == pytest.approx(1.5)
    assert hour.duration_seconds.p50 == middle_of(bucket_of(1.0))
    assert hour.duration_seconds.p95 == middle_of(bucket_of(3.0))
    assert hour.wait_seconds.p50 == middle_of(bucket_of(0.2))
    assert hour.wait_seconds.p95 == middle_of(bucket_of(9.0))
    assert hour.throughput_per_minute == pytest.approx(40 / 5)


@pytest.mark.parametrize("fold", [False, True], ids=["before folding", "after folding"])
async def test_a_chart_has_a_span_for_every_minute(connection, fold):
    for values in (
        delta(3, 8, None, "queued"),
        delta(3, 5, "queued", "running", 0.2),
        delta(2, 2, "running", "success", 1.0),
        delta(2, 1, "running", "dead_letter", 1.0),
        delta(2, 1, "running", "failed", 1.0),
        delta(2, 1, "running", "retrying", 1.0),
        delta(1, 3, "queued", "cancelled"),
        delta(10, 99, None, "queued"),
    ):
        await connection.execute(insert(job_deltas).values(**values))
    if fold:
        await roll_up(connection)

    chart = await timeseries(connection, Chart(5))

    assert chart.step_seconds == 60
    assert [slice_.submitted for slice_ in chart.items] == [0, 8, 0, 0, 0]
    assert [slice_.started for slice_ in chart.items] == [0, 5, 0, 0, 0]
    third, fourth = chart.items[2:4]
    assert (third.succeeded, third.failed, third.dead_letter, third.retried) == (2, 1, 1, 1)
    assert fourth.cancelled == 3
    assert chart.items[1].wait_seconds.p50 == middle_of(bucket_of(0.2))
    assert chart.items[0].wait_seconds.p50 is None


@pytest.mark.parametrize(
    ("minutes", "step", "spans"),
    [(1, 60, 1), (240, 60, 240), (241, 600, 25), (1_440, 600, 144), (MAX_MINUTES, 3_600, 168)],
)
async def test_no_chart_has_more_than_240_spans(connection, minutes, step, spans):
    chart = await timeseries(connection, Chart(minutes))

    assert chart.step_seconds == step
    assert len(chart.items) == spans
    gaps = {(after.at - before.at).total_seconds() for before, after in pairwise(chart.items)}
    assert gaps <= {float(step)}


@pytest.mark.parametrize("minutes", [60, 1_000, 7_000], ids=["minutes", "tens", "hours"])
@pytest.mark.parametrize("fold", [False, True], ids=["before folding", "after folding"])
async def test_every_chart_tells_the_same_of_the_same_hour(connection, minutes, fold):
    for values in (
        delta(0, 8, None, "queued"),
        delta(9, 5, "queued", "running", 0.2),
        delta(30, 4, "running", "success", 1.0),
        delta(7_300, 99, "running", "success", 9.0),
    ):
        await connection.execute(insert(job_deltas).values(**values))
        if fold:
            await roll_up(connection)

    items = (await timeseries(connection, Chart(minutes))).items

    assert sum(it.submitted for it in items) == 8
    assert sum(it.started for it in items) == 5
    assert [it.succeeded for it in items if it.succeeded] == [4]
    [ran] = [it.duration_seconds.p50 for it in items if it.duration_seconds.p50]
    assert ran == middle_of(bucket_of(1.0))


async def test_a_chart_of_yesterday_ends_there(connection):
    for minutes_ago in (0, 1_440, 1_441, 1_500, 1_501):
        await connection.execute(insert(job_deltas).values(**delta(minutes_ago, 1, None, "queued")))

    items = (await timeseries(connection, Chart(60, minutes_ago=1_440))).items

    assert [it.submitted for it in items] == [0] * 58 + [1, 1]


@pytest.mark.parametrize(
    ("chart", "wanted"),
    [
        (Chart(5, type="email"), 3),
        (Chart(5, type="custom"), 0),
        (Chart(5, priority=Priority.NORMAL), 3),
        (Chart(5, priority=Priority.LOW), 0),
    ],
    ids=["type", "other type", "priority", "other priority"],
)
async def test_a_chart_is_of_one_type_or_priority_alone(connection, chart, wanted):
    await connection.execute(insert(job_deltas).values(**delta(1, 3, None, "queued")))

    items = (await timeseries(connection, chart)).items

    assert sum(it.submitted for it in items) == wanted
