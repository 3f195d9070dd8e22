"""Filters, batches and slow clients."""

import asyncio
from contextlib import AsyncExitStack
from itertools import pairwise

import pytest

from taskforge.api.live.frames import Head, Wanted
from taskforge.api.live.subscriber import GOING_AWAY, MAX_QUEUED, TRY_LATER
from taskforge.core.events import Event, QueueFrame
from taskforge.core.ids import new_id
from tests.api.live.conftest import (
    JOB,
    NOW,
    OTHER,
    cursor_of,
    following,
    job_frame,
    log_frame,
    versions,
    warm_up,
)

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
    (Wanted(jobs=frozenset({str(JOB)})), {**MINE, "event": "job_stream"}, True),
    (Wanted(logs=frozenset({str(JOB)})), {**MINE, "event": "job_log"}, True),
    (Wanted(logs=frozenset({str(JOB)})), {**MINE, "event": "job_stream"}, True),
    (Wanted(logs=frozenset({str(OTHER)})), {**MINE, "event": "job_log"}, False),
    (Wanted(logs=frozenset({str(OTHER)})), MINE, True),
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
    assert cursor_of(frame).epoch == follower.hello["epoch"]
