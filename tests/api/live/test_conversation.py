"""What ends a conversation: credentials, silence, a client that does not read; and the seats."""

import asyncio
import time
from uuid import uuid4

import pytest
from redis.exceptions import ConnectionError as RedisAway

from taskforge.api.live import conversation
from taskforge.api.live.conversation import Conversation
from taskforge.api.live.door import Admission, Seats
from taskforge.api.live.frames import Outgoing, Wanted, notice
from taskforge.api.live.hub import Hub
from taskforge.api.live.subscriber import Subscriber
from taskforge.bus.follow import StreamReader
from taskforge.core.errors import Denied, Limited, Unauthenticated, Unavailable
from taskforge.core.people import Principal, Role
from taskforge.metrics.sockets import Transport


class MemoryLine:
    """A line within this process: what was sent, what the client says, how it ended."""

    transport: Transport = "websocket"
    heartbeat = 0.02

    def __init__(self):
        self.sent = []
        self.says = asyncio.Queue()
        self.closing = None
        self.reads = asyncio.Event()
        self.reads.set()

    async def send(self, message):
        await self.reads.wait()
        self.sent.append(message.text)

    def beat(self):
        return notice("ping")

    async def receive(self):
        return await self.says.get()

    async def close(self, closing):
        self.closing = closing


def admission(renew=None, **changes):
    principal = Principal(uuid4(), "ann", Role.VIEWER)

    async def fine():
        return principal

    return Admission(principal, "192.0.2.1", renew or fine, **changes)


async def talk(hub, line, admission):
    """Until the server ends it; the close code."""
    client = Subscriber(Wanted())
    async with asyncio.timeout(5):
        with hub.guest(client):
            await Conversation(hub, line, client, admission).run(None)
    return line.closing.code if line.closing else None


async def test_a_token_that_expires_takes_the_connection_along(hub):
    line = MemoryLine()

    assert await talk(hub, line, admission(expires_at=time.time() + 0.1)) == 4401
    assert any('"event":"ping"' in text for text in line.sent)


async def test_a_session_that_ends_takes_the_connection_along(hub, monkeypatch):
    monkeypatch.setattr(conversation, "RENEW_SECONDS", 0.05)

    async def ended():
        raise Unauthenticated("This session has ended.")

    line = MemoryLine()

    assert await talk(hub, line, admission(ended)) == 4401
    assert line.closing
    assert line.closing.reason == "This session has ended."


async def test_what_is_not_permitted_any_more_is_told_apart_from_a_session_that_ended(
    hub, monkeypatch
):
    monkeypatch.setattr(conversation, "RENEW_SECONDS", 0.05)

    async def forbidden():
        raise Denied("This key may not be used from here.")

    assert await talk(hub, MemoryLine(), admission(forbidden)) == 4403


async def test_a_database_that_is_away_ends_no_connection(hub, monkeypatch):
    monkeypatch.setattr(conversation, "RENEW_SECONDS", 0.02)
    line, asked = MemoryLine(), asyncio.Event()

    async def away():
        if asked.is_set():
            line.says.put_nowait(None)
        asked.set()
        raise Unavailable("The database is away.", retry_after=1)

    assert await talk(hub, line, admission(away)) is None


async def test_a_client_that_spoke_and_fell_silent_is_closed(hub, monkeypatch):
    monkeypatch.setattr(conversation, "SILENCE_SECONDS", 0.1)
    line = MemoryLine()
    line.says.put_nowait("ping")

    assert await talk(hub, line, admission()) == 1001


async def test_a_send_that_takes_too_long_ends_the_connection(hub, monkeypatch):
    monkeypatch.setattr(conversation, "SEND_SECONDS", 0.1)
    line = MemoryLine()
    line.reads.clear()

    assert await talk(hub, line, admission()) == 1013


async def test_without_redis_a_connection_is_told_to_try_later():
    class Away:
        def pipeline(self, **_options):
            raise RedisAway("refused")

    hub = Hub(StreamReader(Away()))  # pyright: ignore[reportArgumentType] - all that is needed

    assert await talk(hub, MemoryLine(), admission()) == 1013


async def test_a_client_that_goes_is_not_said_goodbye_to(hub):
    line = MemoryLine()
    line.says.put_nowait(None)

    assert await talk(hub, line, admission()) is None


def test_seats_are_counted_by_account_and_by_network():
    seats = Seats(per_user=2, per_place=3)
    ann, bob = admission(), admission()

    with seats.taken(ann), seats.taken(ann), seats.taken(bob):
        for one in (ann, bob):
            with pytest.raises(Limited), seats.taken(one):
                pass
        with seats.taken(bob._replace(place="192.0.2.2")):
            pass
    with seats.taken(ann):
        pass


def test_a_closed_subscriber_keeps_its_first_reason_and_takes_nothing_more():
    client = Subscriber(Wanted())
    client.close(conversation.SLOW)
    client.close(conversation.GONE)
    client.offer(Outgoing("late"))

    assert client.closing is conversation.SLOW
