import asyncio
import socket
import time
from datetime import UTC, datetime

import msgspec
import pytest
import redis.asyncio
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from taskforge.bus.client import open_client
from taskforge.bus.cursor import BEGINNING, EPOCH_KEY, STREAM_KEY, Cursor, EntryId
from taskforge.bus.follow import StreamReader
from taskforge.bus.stream import ENTRY_FRAMES, MAX_WAITING, WAIT_SECONDS, EventStream
from taskforge.config import Settings
from taskforge.core.events import Event, QueueFrame


@pytest.fixture
async def client(redis_url):
    client = open_client(Settings(redis_url=redis_url))
    yield client
    await client.aclose()


@pytest.fixture
def stream(client):
    return EventStream(client)


@pytest.fixture
def reader(client):
    return StreamReader(client)


def frame(name="default"):
    return QueueFrame(event=Event.QUEUE_PAUSED, queue=name, at=datetime.now(UTC))


def names(entries):
    return [msgspec.json.decode(raw)["queue"] for entry in entries for raw in entry.frames]


async def test_frames_come_out_in_the_order_they_were_announced(stream, reader):
    await stream.announce([frame("a"), frame("b")])
    await stream.announce([frame("c")])

    epoch, entries, _ = await reader.read(BEGINNING)

    assert names(entries) == ["a", "b", "c"]
    assert epoch == (await reader.extent()).epoch
    assert (stream.sent, stream.lost) == (3, 0)


async def test_what_is_announced_during_a_round_trip_shares_the_next_entry(client, stream, reader):
    for number in range(100):
        stream.announce_soon([frame(str(number))])
    await stream.close()

    _, entries, _ = await reader.read(BEGINNING)

    assert names(entries) == [str(number) for number in range(100)]
    assert await client.xlen(STREAM_KEY) <= 2


async def test_a_large_announcement_is_cut_into_entries(client, stream, reader):
    await stream.announce([frame(str(number)) for number in range(ENTRY_FRAMES * 2 + 1)])

    _, entries, _ = await reader.read(BEGINNING)

    assert [len(entry.frames) for entry in entries] == [ENTRY_FRAMES, ENTRY_FRAMES, 1]


async def test_a_frame_that_is_no_json_is_lost_alone(stream, reader):
    await stream.announce([frame("a"), frame("\ud800"), frame("b")])

    _, entries, _ = await reader.read(BEGINNING)

    assert names(entries) == ["a", "b"]
    assert stream.lost == 1


async def test_a_redis_that_refuses_neither_raises_nor_holds_the_caller():
    nobody = EventStream(open_client(Settings(redis_url="redis://127.0.0.1:1/0")))

    began = time.monotonic()
    await nobody.announce([frame()])
    await nobody.announce([frame(), frame()])

    assert nobody.lost == 3
    assert time.monotonic() - began < WAIT_SECONDS


async def test_a_redis_that_hangs_holds_the_caller_for_a_moment_only():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        client = redis.asyncio.Redis(
            port=silent.getsockname()[1], socket_timeout=0.6, retry=Retry(NoBackoff(), 0)
        )
        stream = EventStream(client)

        began = time.monotonic()
        await stream.announce([frame()])
        held = time.monotonic() - began
        for _ in range(3):
            stream.announce_soon([frame()] * (MAX_WAITING // 2))
        await stream.close()

        assert held < WAIT_SECONDS + 0.2
        assert stream.lost == 1 + 3 * (MAX_WAITING // 2)
        await client.aclose()


async def test_the_stream_keeps_about_as_many_frames_as_it_was_told(client):
    stream = EventStream(client, kept_frames=1_000)
    for _ in range(1_000):
        await stream.announce([frame()] * 10)

    entries = [entry async for entry in whole_stream(client)]

    assert 800 <= sum(entries) <= 2_500


async def whole_stream(client):
    for _, fields in await client.xrange(STREAM_KEY):
        yield len(msgspec.json.decode(fields[b"f"]))


async def test_a_cursor_in_the_middle_of_an_entry_continues_there(stream, reader):
    await stream.announce([frame("a"), frame("b"), frame("c")])
    await stream.announce([frame("d")])
    epoch, (first, _), _ = await reader.read(BEGINNING)

    page = await reader.page(Cursor(epoch, first.id, 0))

    assert names(page) == ["b", "c", "d"]
    assert page[0].offset == 1
    assert names(await reader.page(Cursor(epoch, first.id, 2))) == ["d"]
    assert names(await reader.page(Cursor(epoch, first.id))) == ["d"]


async def test_a_lost_stream_gets_a_new_epoch(client, stream, reader):
    await stream.announce([frame()])
    before = await reader.extent()
    await client.flushdb()

    await stream.announce([frame()])
    after = await reader.extent()

    assert before.epoch != after.epoch
    assert not after.covers(Cursor(before.epoch, before.last))


async def test_a_read_after_a_loss_says_that_there_is_no_epoch(client, stream, reader):
    await stream.announce([frame()])
    waiting = asyncio.create_task(reader.read(EntryId(2**60, 0), block_ms=100))
    await client.flushdb()

    assert await waiting == (None, [], 0.0)


async def test_an_unused_stream_covers_its_own_beginning_only(reader):
    extent = await reader.extent()

    assert extent.covers(Cursor(extent.epoch, BEGINNING))
    assert not extent.covers(Cursor(extent.epoch, EntryId(1, 0)))
    assert not extent.covers(Cursor("foreign", BEGINNING))


async def test_a_cursor_older_than_the_first_entry_or_newer_than_the_last_is_not_covered(
    client, stream, reader
):
    for number in range(5):
        await stream.announce([frame(str(number))])
    start = await reader.extent()
    _, entries, _ = await reader.read(BEGINNING)
    await client.xtrim(STREAM_KEY, maxlen=2, approximate=False)

    extent = await reader.extent()

    assert start.covers(Cursor(start.epoch, BEGINNING))
    assert [extent.covers(Cursor(extent.epoch, entry.id)) for entry in entries] == [
        False, False, False, True, True,
    ]  # fmt: skip
    assert not extent.covers(Cursor(extent.epoch, EntryId(extent.last.ms + 1, 0)))


async def test_entries_of_strangers_are_passed_over(client, stream, reader):
    await client.xadd(STREAM_KEY, {"f": b"\xff not json"})
    await client.xadd(STREAM_KEY, {"g": b"[]"})
    await stream.announce([frame("a")])

    _, entries, _ = await reader.read(BEGINNING)

    assert names(entries) == ["a"]
    assert len(entries) == 3


@pytest.mark.parametrize(
    "text",
    ["", "x", "e.1-2", "e.1-2.x", "e.1-2.3.4", "e.-1-2.3", "e.1-2.3\n", "é.1-2.3",
     "e.1-2.999999", "e." + "9" * 30 + "-1.0", "\x00", "a" * 40 + ".1-2.3"],
)  # fmt: skip
def test_what_is_no_cursor_is_none(text):
    assert Cursor.parse(text) is None


def test_a_cursor_survives_being_written_and_read():
    cursor = Cursor("aB-_9", EntryId(1_700_000_000_000, 7), 3)

    assert Cursor.parse(str(cursor)) == cursor


async def test_the_epoch_is_kept_while_the_stream_lives(client, stream):
    await stream.announce([frame()])
    first = await client.get(EPOCH_KEY)
    await stream.announce([frame()])

    assert await client.get(EPOCH_KEY) == first
