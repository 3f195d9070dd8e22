"""Retention of files: what has no row any more has no file for long, and only that."""

import hashlib
import os
import time
from datetime import UTC, datetime

import msgspec
import pytest
from sqlalchemy import text

from support.make import order, person
from taskforge.core.history import ArtifactRecord
from taskforge.core.ids import new_id
from taskforge.db.facts import STORE_OWNER, set_fact
from taskforge.flows import control, submit, sweep, tend
from taskforge.flows.deps import open_deps
from taskforge.handlers.registry import load
from taskforge.outside.orphans import SHARDS, YOUNG_SECONDS

BY = person()


@pytest.fixture
async def deps(settings, tmp_path):
    settings = msgspec.structs.replace(settings, artifacts_dir=tmp_path / "store")
    async with open_deps(settings, load(["jobs.plain"])) as deps:
        yield deps


async def run_sql(deps, statement, **values):
    async with deps.db.connect() as connection:
        return (await connection.execute(text(statement), values)).rowcount


async def ended_job(deps):
    done = await submit.submit(deps, order("noop"), BY)
    await control.cancel(deps, done.job.id, BY)
    return done.job.id


async def give_artifact(deps, job_id, name="a.csv", listed=True):
    content = name.encode()
    record = ArtifactRecord(
        name=name,
        attempt=1,
        media_type="text/csv",
        size_bytes=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        created_at=datetime.now(UTC),
    )
    if listed:
        await run_sql(
            deps,
            "INSERT INTO job_artifacts (job_id, name, attempt, media_type, size_bytes, sha256)"
            " VALUES (:job_id, :name, :attempt, :media_type, :size_bytes, :sha256)",
            job_id=job_id,
            **msgspec.structs.asdict(record),
        )
    return put(deps.store.artifact(job_id, record))


async def give_upload(deps, *, listed=True, expires="1 hour"):
    upload_id = new_id()
    if listed:
        await run_sql(
            deps,
            "INSERT INTO uploads (id, created_by, expires_at, filename, format, size_bytes, sha256)"
            " VALUES (:id, :id, clock_timestamp() + CAST(:expires AS text)::interval,"
            " 'a.csv', 'csv', 1, '')",
            id=upload_id,
            expires=expires,
        )
    return put(deps.store.upload(upload_id))


def put(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"x")
    return path


@pytest.fixture
def later(monkeypatch):
    """From now on, two hours later for the disk."""

    def later():
        now = time.time()
        monkeypatch.setattr(time, "time", lambda: now + 2 * YOUNG_SECONDS)

    return later


async def sweep_all(deps):
    return sum([await sweep.sweep(deps, shard) for shard in range(SHARDS)])


async def test_a_deleted_job_takes_its_files_along(deps):
    job_id, other = await ended_job(deps), await ended_job(deps)
    file, kept = await give_artifact(deps, job_id), await give_artifact(deps, other)

    await control.delete(deps, job_id, BY)

    assert (file.parent.exists(), kept.exists()) == (False, True)


async def test_a_job_that_has_outlived_its_time_takes_its_files_along(deps):
    old, young = await ended_job(deps), await ended_job(deps)
    file, kept = await give_artifact(deps, old), await give_artifact(deps, young)
    await run_sql(
        deps, "UPDATE jobs SET finished_at = finished_at - interval '40 days' WHERE id = :id",
        id=old,
    )  # fmt: skip

    assert await tend.prune(deps) == 1

    assert (file.parent.exists(), kept.exists()) == (False, True)
    assert await run_sql(deps, "DELETE FROM job_artifacts") == 1


async def test_old_memory_and_old_mail_are_pruned(deps):
    for age in ("1 day", "40 days"):
        await run_sql(
            deps,
            "INSERT INTO job_memory (type, key, job_id, data, updated_at)"
            " VALUES ('noop', :age, :id, '1', clock_timestamp() - CAST(:age AS text)::interval)",
            age=age,
            id=new_id(),
        )
        await run_sql(
            deps,
            "INSERT INTO mailbox (id, at, sender, recipient, subject, message_id, size_bytes,"
            " source) VALUES (:id, clock_timestamp() - CAST(:age AS text)::interval, 'a', 'b', 'c',"
            " 'd', 1, 'x')",
            age=age,
            id=new_id(),
        )

    assert await tend.prune(deps) == 2

    assert await run_sql(deps, "DELETE FROM job_memory WHERE key = '1 day'") == 1
    assert await run_sql(deps, "DELETE FROM mailbox") == 1


async def test_an_upload_goes_when_its_day_is_over(deps):
    kept, gone = await give_upload(deps), await give_upload(deps, expires="-1 second")

    assert await sweep.expire(deps) == 1

    assert (kept.exists(), gone.exists()) == (True, False)
    assert await sweep.expire(deps) == 0


async def test_the_sweep_drops_what_nothing_lists_and_that_alone(deps, later):
    job_id = (await submit.submit(deps, order("noop"), BY)).job.id
    kept = [await give_artifact(deps, job_id), await give_upload(deps)]
    kept.append(await give_upload(deps, expires="-1 second"))  # expiring it is another's business
    stray = [
        await give_artifact(deps, job_id, "replaced.csv", listed=False),
        await give_artifact(deps, new_id(), listed=False),
        await give_upload(deps, listed=False),
        put(deps.store.incoming_folder / "a.part"),
    ]
    later()

    assert await sweep_all(deps) == 4

    assert [path.exists() for path in kept] == [True] * 3
    assert [path.exists() for path in stray] == [False] * 4
    assert await sweep_all(deps) == 0


async def test_the_sweep_waits_for_rows_that_may_be_on_their_way(deps):
    job_id = (await submit.submit(deps, order("noop"), BY)).job.id
    fresh = [
        await give_artifact(deps, job_id, listed=False),
        await give_upload(deps, listed=False),
        put(deps.store.incoming_folder / "a.part"),
    ]
    for path in fresh:  # a file keeps the time of its last write when it is moved here
        os.utime(path, (0, 0))

    assert await sweep_all(deps) == 0
    assert all(path.exists() for path in fresh)


async def test_the_store_of_another_database_is_left_alone(deps, later):
    stray = await give_upload(deps, listed=False)
    await sweep.sweep(deps, 0)
    async with deps.db.connect() as connection:
        await set_fact(connection, STORE_OWNER, "another")
    later()

    assert await sweep_all(deps) == 0
    assert stray.exists()
