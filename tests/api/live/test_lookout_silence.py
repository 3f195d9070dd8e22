"""The lookout says nothing twice, nothing to strangers, and asks little."""

import pytest
from sqlalchemy import event

from support.counting import counting
from support.make import person
from taskforge.api.figures import Figures
from taskforge.api.live import lookout
from taskforge.api.live.subscriber import SNAPSHOT_SECONDS, Closing
from taskforge.api.routes.live import open_room
from taskforge.db.prune import delete_finished
from tests.api.live.conftest import following, job_frame, versions, warm_up
from tests.api.live.watched import (
    age,
    announced,
    beside,
    born,
    deletion,
    silent,
    start,
    succeed,
    watching,
)


async def test_what_a_newcomer_has_read_is_not_told_again(hub, stream, connection, watch):
    job_id = await born(connection)
    await age(connection, job_id, SNAPSHOT_SECONDS + 60)
    async with following(hub, wanted=watching(job_id)) as follower:
        await watch.look()

        assert await silent(stream, follower)


async def test_the_same_change_is_told_once_when_the_stream_was_only_late(
    hub, stream, connection, watch
):
    job_id = await born(connection)
    async with following(hub, wanted=watching(job_id)) as follower:
        await announced(stream, connection, job_id)
        await follower.frames(1)
        await start(connection, job_id)
        await watch.look()
        await watch.look()
        [repaired] = await follower.frames(1)

        await announced(stream, connection, job_id)

        assert repaired["event"] == "job_running"
        assert await silent(stream, follower)


async def test_what_the_stream_has_told_is_not_told_again(hub, stream, connection, watch):
    told = counting("taskforge_events_repaired_total")
    job_id = await born(connection)
    async with following(hub, wanted=watching(job_id)) as follower:
        await announced(stream, connection, job_id)
        await follower.frames(1)
        await watch.look()

        assert await silent(stream, follower)
    assert told() == 0


async def test_a_change_that_waits_for_its_batch_is_told_once(hub, stream, connection, watch):
    job_id = await born(connection)
    wanted = beside(job_id)
    async with following(hub) as other, following(hub, wanted=wanted, interval=0.3) as follower:
        await warm_up(stream, follower)
        await announced(stream, connection, job_id)
        await other.frames(3)
        await watch.look()
        first = await follower.frames(1)
        await stream.announce([job_frame(version=7)])

        assert versions(first + await follower.frames(1)) == [1, 7]


async def test_who_does_not_watch_the_job_is_told_nothing(hub, stream, connection, watch):
    job_id, other = await born(connection), await born(connection)
    await age(connection, other, SNAPSHOT_SECONDS + 60)
    async with (
        following(hub, wanted=watching(job_id)) as watcher,
        following(hub, wanted=watching(other)) as stranger,
        following(hub) as everyone,
    ):
        await watch.look()
        await watcher.next()

        assert await silent(stream, stranger)
        await stream.announce([job_frame(version=9)])
        assert versions(await everyone.frames(1)) == [9]


async def test_who_may_not_be_here_any_more_is_told_nothing(hub, connection, watch):
    job_id = await born(connection)
    async with following(hub, wanted=watching(job_id)) as follower:
        follower.subscriber.close(Closing(4401, "the session has ended"))
        await watch.look()

        with pytest.raises(StopAsyncIteration):
            await follower.next()


async def test_a_status_that_a_client_left_out_is_not_told(hub, stream, connection, watch):
    job_id = await born(connection)
    wanted = watching(job_id, statuses=frozenset({"success"}))
    async with following(hub, wanted=wanted) as follower:
        await watch.look()
        await start(connection, job_id)
        await watch.look()
        await succeed(connection, job_id)
        await watch.look()

        assert versions(await follower.frames(1)) == [3]


async def test_a_deletion_that_the_stream_has_told_is_not_told_again(
    hub, stream, connection, watch
):
    job_id = await born(connection)
    await start(connection, job_id)
    await succeed(connection, job_id)
    async with following(hub, wanted=watching(job_id)) as follower:
        await watch.look()
        await follower.frames(1)
        [gone] = await delete_finished(connection, [job_id], person())
        await stream.announce([deletion(gone)])
        await follower.frames(1)
        await watch.look()

        assert await silent(stream, follower)


async def test_all_watched_jobs_cost_one_statement_and_none_cost_none(
    hub, stream, deps, connection, watch
):
    mine = [await born(connection) for _ in range(3)]
    yours = [mine[0], await born(connection)]
    async with following(hub, wanted=watching(*mine)) as me, following(hub, wanted=beside(*yours)):
        await watch.look()
        await me.frames(3)
        statements = []
        event.listen(
            deps.db.sync_engine, "before_cursor_execute", lambda *given: statements.append(given[2])
        )
        await watch.look()
        looked = len(statements)
    async with following(hub):
        await watch.look()

    assert looked == 1
    assert len(statements) == looked


async def test_many_watched_jobs_are_looked_at_in_turns(hub, connection, watch, monkeypatch):
    monkeypatch.setattr(lookout, "LOOK_JOBS", 2)
    ids = [await born(connection) for _ in range(5)]
    async with following(hub, wanted=watching(*ids)) as follower:
        await watch.look()
        frames = await follower.frames(5)

    assert {frame["job_id"] for frame in frames} == {str(job_id) for job_id in ids}


async def test_a_process_looks_by_itself_and_again_after_a_failure(deps, connection, monkeypatch):
    monkeypatch.setattr(lookout, "LOOK_SECONDS", 0.02)
    failures = []
    moved_on = lookout.moved_on

    async def away_at_first(*given):
        if not failures:
            failures.append(1)
            raise RuntimeError("the connection has gone")
        return await moved_on(*given)

    monkeypatch.setattr(lookout, "moved_on", away_at_first)
    job_id = await born(connection)
    wanted = watching(job_id)
    async with open_room(deps, Figures(deps)) as room, following(room.hub, wanted=wanted) as it:
        assert versions(await it.frames(1)) == [1]
    assert failures
