"""The lookout: watchers of single jobs learn what the stream does not tell (R-71)."""

import time
from datetime import datetime

import pytest

from support.counting import counting
from support.make import person
from taskforge.api.live.hub import Hub
from taskforge.api.live.lookout import Lookout
from taskforge.api.live.subscriber import SNAPSHOT_SECONDS
from taskforge.bus.client import open_client
from taskforge.bus.follow import StreamReader
from taskforge.config import Settings
from taskforge.core.ids import new_id
from taskforge.db.prune import delete_finished
from taskforge.db.watched import last_changes
from taskforge.local.servers import Servers
from tests.api.live.conftest import cursor_of, following, log_frame, versions
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


@pytest.fixture
async def own_valkey(tmp_path):
    servers = Servers(tmp_path / "valkey", postgres=False, throwaway=True)
    await servers.start()
    yield servers.valkey
    await servers.stop()


@pytest.mark.parametrize("interval", [0.0, 0.05], ids=["each", "batches"])
@pytest.mark.parametrize("wanted", [watching, beside])
async def test_a_change_that_no_event_told_of_reaches_who_watches_the_job(
    hub, stream, connection, watch, wanted, interval
):
    told = counting("taskforge_events_repaired_total")
    job_id = await born(connection)
    async with following(hub, wanted=wanted(job_id), interval=interval) as follower:
        await announced(stream, connection, job_id)
        await follower.frames(1)
        await start(connection, job_id)
        await succeed(connection, job_id)

        await watch.look()
        [frame] = await follower.frames(1)
        [(row, at)] = await last_changes(connection, [job_id])

    assert (frame["event"], frame["status"], frame["version"]) == ("job_success", "success", 3)
    assert frame["job"]["finished_at"] is not None
    assert datetime.fromisoformat(frame["at"]) == at
    assert row.version == 3
    assert told() == 1


async def test_a_job_that_ends_between_its_read_and_the_first_look_is_told(hub, connection, watch):
    job_id = await born(connection)
    await start(connection, job_id)
    async with following(hub, wanted=watching(job_id)) as follower:
        await succeed(connection, job_id)

        await watch.look()

        assert (await follower.next())["event"] == "job_success"


async def test_who_resumes_is_told_what_was_lost_since_its_cursor(hub, stream, connection, watch):
    job_id = await born(connection)
    await age(connection, job_id, SNAPSHOT_SECONDS + 60)
    async with following(hub) as follower:
        here = cursor_of(follower.hello)
    await stream.announce([log_frame(1, job_id)])
    since = here._replace(entry=here.entry._replace(ms=int((time.time() - 300) * 1000)))

    async with following(hub, since, watching(job_id)) as follower:
        assert follower.hello["resumed"]
        assert (await follower.next())["event"] == "job_log"
        await watch.look()

        assert (await follower.next())["version"] == 1


async def test_events_go_on_in_order_after_a_repair(hub, stream, connection, watch):
    job_id = await born(connection)
    async with following(hub, wanted=watching(job_id)) as follower:
        await watch.look()
        await start(connection, job_id)
        await announced(stream, connection, job_id)
        frames = await follower.frames(2)

    async with following(hub, cursor_of(frames[0]), watching(job_id)) as follower:
        again = await follower.frames(1)

    assert versions(frames) == [1, 2]
    assert versions(again) == [2]


async def test_a_job_that_is_gone_is_told_as_deleted_once(hub, stream, connection, watch):
    job_id = await born(connection)
    await start(connection, job_id)
    await succeed(connection, job_id)
    async with following(hub, wanted=watching(job_id)) as follower:
        await watch.look()
        await follower.frames(1)
        [gone] = await delete_finished(connection, [job_id], person())
        await watch.look()
        await watch.look()
        frame = await follower.next()
        await stream.announce([deletion(gone)])

        assert frame["event"] == "job_deleted"
        assert (frame["status"], frame["type"], frame["priority"]) == ("success", "noop", "normal")
        assert frame["version"] == gone.version
        assert await silent(stream, follower)


async def test_a_job_that_never_was_is_told_as_nothing(hub, stream, watch):
    async with following(hub, wanted=watching(new_id())) as follower:
        await watch.look()
        await watch.look()

        assert await silent(stream, follower)


async def test_watchers_are_told_though_redis_is_away(own_valkey, deps, connection):
    reader = open_client(Settings(redis_url=own_valkey.url(0)))
    hub = Hub(StreamReader(reader))
    job_id = await born(connection)
    await start(connection, job_id)
    async with following(hub, wanted=watching(job_id)) as follower:
        await own_valkey.stop()
        await succeed(connection, job_id)
        await Lookout(hub, deps.db).look()

        assert (await follower.next())["event"] == "job_success"
    await hub.close(patience=1)
    await reader.aclose()
