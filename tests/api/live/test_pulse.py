"""The pulse: how the installation stands, for those who ask for it."""

import asyncio
import json
from contextlib import asynccontextmanager

import pytest
from sqlalchemy import event
from websockets.asyncio.client import connect

from support.waiting import eventually
from taskforge.api.figures import Figures
from taskforge.api.live import pulse
from taskforge.api.live.conversation import Conversation
from taskforge.api.live.frames import Outgoing, Wanted
from taskforge.api.live.pulse import Pulse
from taskforge.api.live.subscriber import Subscriber, Topic
from taskforge.bus.cursor import Cursor
from taskforge.core.priority import BY_RANK
from taskforge.db.queues import pause
from tests.api.live.conftest import following, job_frame
from tests.api.live.test_conversation import MemoryLine, admission

TOPICS: frozenset[Topic] = frozenset({"summary"})


async def next_pulse(socket):
    async with asyncio.timeout(10):
        async for text in socket:
            message = json.loads(text)
            if message["event"] == "pulse":
                return message
    raise AssertionError("the socket ended")


@asynccontextmanager
async def beating(hub, deps):
    """A pulse, and the statements that it makes."""
    statements: list[str] = []
    event.listen(
        deps.db.sync_engine, "before_cursor_execute", lambda *given: statements.append(given[2])
    )
    task = asyncio.create_task(Pulse(hub, Figures(deps), deps).beat())
    try:
        yield statements
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def paused(deps):
    """The queue `low`, without a word in the stream."""
    async with deps.db.connect() as connection:
        await pause(connection, "low", actor="user:ann", reason="x", resume_at=None)


async def pulses(follower, count):
    """The next pulses, other frames left out."""
    found = []
    while len(found) < count:
        message = await follower.next()
        found += [message] if message["event"] == "pulse" else []
    return found


async def test_a_socket_that_asks_is_told_how_things_stand(server, token):
    async with connect(f"{server.socket_url}?token={token}&topics=summary") as socket:
        told = await next_pulse(socket)

    assert told["summary"]["total"] == sum(told["summary"]["by_status"].values())
    assert [it["priority"] for it in told["queues"]] == list(BY_RANK)
    assert set(told["workers"]) == {"online", "late", "draining", "lost", "slots"}
    assert "id" not in told
    assert told["at"] == told["summary"]["at"]


async def test_topics_stay_with_another_filter(server, token, stream, deps):
    async with connect(f"{server.socket_url}?token={token}") as socket:
        await socket.send(json.dumps({"event": "subscribe", "topics": ["summary"]}))
        await next_pulse(socket)
        await socket.send(json.dumps({"event": "subscribe", "types": ["email"]}))
        await paused(deps)
        await stream.announce([job_frame(version=1)])

        assert (await next_pulse(socket))["queues"][3]["paused"]


@pytest.mark.parametrize(
    ("said", "kept"),
    [('{"event":"subscribe"}', TOPICS), ('{"event":"subscribe","topics":[]}', frozenset())],
    ids=["not named", "none"],
)
async def test_topics_go_when_a_client_names_none(hub, said, kept):
    client, line = Subscriber(Wanted(), topics=TOPICS), MemoryLine()
    line.says.put_nowait(said)
    line.says.put_nowait(None)

    with hub.guest(client):
        await Conversation(hub, line, client, admission()).run(None)

    assert client.topics == kept


@pytest.mark.parametrize("query", ["topics=everything", "topics=summary&topics=x"])
async def test_a_topic_that_there_is_not_is_refused(viewer, query):
    answer = await viewer.get(f"/api/v1/events?{query}")

    assert answer.status_code == 422


async def test_many_who_follow_cost_as_much_as_one_and_nobody_costs_nothing(hub, deps, stream):
    async with beating(hub, deps) as statements:
        async with following(hub):
            await stream.announce([job_frame()])
        assert statements == []

        async with following(hub, topics=TOPICS) as first:
            await pulses(first, 1)
            alone = len(statements)
            async with following(hub, topics=TOPICS) as second, following(hub, topics=TOPICS) as it:
                told = [await pulses(one, 1) for one in (second, it)]

    assert told[0] == told[1]
    assert len(statements) == alone


async def test_a_driver_that_fails_in_words_of_its_own_ends_no_pulse(hub, deps, monkeypatch):
    monkeypatch.setattr(pulse, "QUIET_SECONDS", 0.05)
    failures = []

    def break_off(*_given):
        failures.append(1)
        raise RuntimeError("the handler is closed")

    event.listen(deps.db.sync_engine, "before_cursor_execute", break_off)
    async with beating(hub, deps), following(hub, topics=TOPICS) as follower:

        async def failed():
            return failures

        await eventually(failed)
        event.remove(deps.db.sync_engine, "before_cursor_execute", break_off)
        [told] = await pulses(follower, 1)

    assert told["summary"]["total"] == 0


async def test_what_changes_nothing_is_not_told_again(hub, deps, stream, monkeypatch):
    monkeypatch.setattr(pulse, "PULSE_SECONDS", 0.05)
    async with beating(hub, deps) as statements, following(hub, topics=TOPICS) as follower:
        [first] = await pulses(follower, 1)
        read = len(statements)

        async def reading():
            return len(statements) > read

        await stream.announce([job_frame(version=1)])
        await eventually(reading)
        await paused(deps)
        await stream.announce([job_frame(version=2)])
        [second] = await pulses(follower, 1)

    assert [it["paused"] for it in first["queues"]] == [False] * 4
    assert [it["paused"] for it in second["queues"]] == [False] * 3 + [True]


async def test_a_slow_client_gets_the_latest_pulse_alone():
    client = Subscriber(Wanted(), topics=TOPICS)
    for second in range(5):
        client.show(Outgoing(f"pulse {second}"), float(second))
    client.offer(Outgoing("job", cursor=Cursor.parse("a.1-1.0")))

    assert [await client.next(), await client.next()] == [
        Outgoing("job", cursor=Cursor.parse("a.1-1.0")),
        Outgoing("pulse 4"),
    ]


@pytest.mark.parametrize(("interval", "wanted"), [(0.0, 10), (2.5, 4)], ids=["usual", "slow mode"])
async def test_no_client_gets_pulses_sooner_than_it_asked(interval, wanted):
    client = Subscriber(Wanted(), interval, TOPICS)

    shown = [client.show(Outgoing(f"pulse {tenth}"), tenth / 10) for tenth in range(100)]

    assert shown.count(True) == wanted


async def test_a_client_is_not_told_the_same_pulse_twice():
    client = Subscriber(Wanted(), topics=TOPICS)
    same = Outgoing("pulse")

    assert [client.show(same, at) for at in (0.0, 60.0)] == [True, False]
