"""Following and resuming: nothing lost, nothing twice, and a resync where that cannot be."""

import asyncio
import random

import pytest

from support.counting import counting
from taskforge.api.live.hub import MAX_REPLAY
from taskforge.bus.cursor import STREAM_KEY
from taskforge.core.events import Event
from taskforge.core.ids import new_id
from tests.api.live.conftest import JOB, cursor_of, following, job_frame, versions


async def test_a_client_gets_every_frame_in_order_with_its_own_id(hub, stream):
    async with following(hub) as follower:
        await stream.announce([job_frame(version=1), job_frame(version=2)])
        await stream.announce([job_frame(version=3)])
        frames = await follower.frames(3)

    assert follower.hello["event"] == "connected"
    assert versions(frames) == [1, 2, 3]
    assert len({frame["id"] for frame in frames}) == 3
    assert frames[0]["job"]["id"] == str(JOB)


async def test_a_client_cut_again_and_again_loses_nothing_and_gets_nothing_twice(hub, stream):
    total, got, since = 300, [], None
    dice = random.Random(7)
    async with following(hub) as follower:
        since = cursor_of(follower.hello)

    async def announce():
        version = 1
        while version <= total:
            upto = min(version + dice.randrange(1, 9), total + 1)
            await stream.announce([job_frame(version=n) for n in range(version, upto)])
            version = upto

    announcing = asyncio.create_task(announce())
    while len(got) < total:
        async with following(hub, since) as follower:
            assert follower.hello["resumed"]
            wanted = min(dice.randrange(1, 40), total - len(got))
            got += await follower.frames(wanted)
            since = cursor_of(got[-1])
    await announcing

    assert versions(got) == list(range(1, total + 1))


@pytest.mark.parametrize("interval", [0.0, 0.05])
async def test_clients_that_resume_while_others_are_served_lose_nothing(hub, stream, interval):
    async with following(hub) as early:
        start = cursor_of(early.hello)
        await stream.announce([job_frame(new_id(), version=n) for n in range(1, 101)])
        await early.frames(50)
        async with following(hub, start, interval=interval) as late:
            await stream.announce([job_frame(new_id(), version=n) for n in range(101, 131)])
            assert versions(await late.frames(130)) == list(range(1, 131))
        assert versions(await early.frames(80)) == list(range(51, 131))


def foreign(cursor):
    return cursor._replace(epoch="another")


def future(cursor):
    return cursor._replace(entry=cursor.entry._replace(ms=cursor.entry.ms + 60_000))


@pytest.mark.parametrize("spoil", [foreign, future])
async def test_a_cursor_that_cannot_be_resumed_gets_a_resync(hub, stream, spoil):
    await stream.announce([job_frame(version=1)])
    async with following(hub) as follower:
        cursor = cursor_of(follower.hello)

    told = counting("taskforge_ws_gaps_total", reason="cursor")
    async with following(hub, spoil(cursor)) as follower:
        resync = await follower.next()
        await stream.announce([job_frame(version=2)])

        assert not follower.hello["resumed"]
        assert resync["event"] == "resync"
        assert told() == 1
        assert versions(await follower.frames(1)) == [2]


async def test_a_cursor_before_the_trimmed_part_gets_a_resync(valkey, hub, stream):
    async with following(hub) as follower:
        await stream.announce([job_frame(version=1)])
        (first,) = await follower.frames(1)
    for version in (2, 3, 4):
        await stream.announce([job_frame(version=version)])
    await valkey.xtrim(STREAM_KEY, maxlen=1, approximate=False)

    async with following(hub, cursor_of(first)) as follower:
        assert (await follower.next())["event"] == "resync"


async def test_a_client_too_far_behind_is_told_to_resync(hub, stream):
    async with following(hub) as follower:
        start = cursor_of(follower.hello)
    await stream.announce([job_frame(version=n) for n in range(1, MAX_REPLAY * 2)])

    told = counting("taskforge_ws_gaps_total", reason="behind")
    async with following(hub, start) as follower:
        events = [(await follower.next())["event"] for _ in range(MAX_REPLAY)]
        while events[-1] != "resync":
            events.append((await follower.next())["event"])
        await stream.announce([job_frame(version=1, event=Event.JOB_QUEUED)])

        assert (await follower.next())["event"] == "job_queued"
    assert told() == 1


async def test_when_redis_forgets_everything_clients_resync_and_stay(valkey, hub, stream):
    told = counting("taskforge_ws_gaps_total", reason="stream")
    async with following(hub) as follower:
        await stream.announce([job_frame(version=1)])
        await follower.frames(1)
        await valkey.flushdb()
        await stream.announce([job_frame(version=2)])
        resync = await follower.next()
        await stream.announce([job_frame(version=3)])
        frames = await follower.frames(1)

    assert resync["event"] == "resync"
    assert told() == 1
    assert resync["epoch"] != follower.hello["epoch"]
    assert versions(frames) == [3]
    assert cursor_of(frames[0]).epoch == resync["epoch"]


async def neighbours(valkey) -> list[dict[str, str]]:
    """Other connections to our logical database; those of tests beside us are left alone."""
    me = await valkey.client_info()
    return [
        one
        for one in await valkey.client_list()
        if str(one["db"]) == str(me["db"]) and str(one["id"]) != str(me["id"])
    ]


async def test_a_cut_connection_to_redis_costs_nothing(valkey, hub, stream):
    async with following(hub) as follower:
        await stream.announce([job_frame(version=1)])
        await follower.frames(1)
        for one in await neighbours(valkey):
            await valkey.client_kill_filter(_id=one["id"])
        for version in (2, 3):
            await stream.announce([job_frame(version=version)])

        assert versions(await follower.frames(2)) == [2, 3]


async def test_entries_of_strangers_harm_nobody(valkey, hub, stream):
    async with following(hub) as follower:
        for body in (b"[1, null]", b"[{}]", b'[{"event":7}]', b"{", b"[[[", b"\xff"):
            await valkey.xadd(STREAM_KEY, {"f": body})
        await stream.announce([job_frame(version=1)])

        assert versions(await follower.frames(1)) == [1]


async def test_without_clients_nothing_is_read(valkey, hub, stream):
    await stream.announce([job_frame()])

    assert not [one for one in await neighbours(valkey) if one["cmd"] == "xread"]
