"""What a hostile client may send to a real process, byte by byte (T-65)."""

import asyncio
import json
import random
import struct

import psutil
import pytest
from websockets.asyncio.client import connect

from support.rawsocket import (
    BINARY,
    CLOSE,
    PING,
    PONG,
    TEXT,
    connected,
    frame,
    handshake,
    opened,
)
from taskforge.core.ids import new_id
from tests.api.live.conftest import JOB, answers, job_frame, versions

MEGABYTE = 1 << 20
SEED = 65
OPENING = handshake("/ws?token={}")

# Granian asks neither for GET nor for HTTP/1.1: such sockets open, to who has a credential.
NO_HANDSHAKES = {
    "noise": (random.Random(SEED).randbytes(5_000), 400),
    "TLS": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(500), 400),
    "a frame": (frame(TEXT, b"ping"), 400),
    "HTTP 0.9": (b"GET /ws\r\n\r\n", 400),
    "HTTP 2": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", None),
    "no key": (OPENING.replace(b"Sec-WebSocket-Key", b"X-Key"), 400),
    "no version": (OPENING.replace(b"Sec-WebSocket-Version", b"X-Version"), 400),
    "old version": (handshake("/ws?token={}", version="8"), 400),
    "no upgrade": (OPENING.replace(b"Upgrade: websocket\r\n", b""), 426),
    "other upgrade": (OPENING.replace(b"websocket", b"h2c"), 426),
    "NUL in a header": (handshake("/ws?token={}", "X-Nul: a\x00b"), 400),
    "large header": (handshake("/ws?token={}", "X-Long: " + "x" * MEGABYTE), 431),
    "thousand headers": (handshake("/ws?token={}", *[f"X-{n}: x" for n in range(1_000)]), 431),
    "elsewhere": (handshake("/wss?token={}"), 403),
    "no credential": (handshake("/ws"), 401),
    "ticket and token": (handshake("/ws?ticket=x&token={}"), 401),
    "two tokens": (handshake("/ws?token=x&token=y"), 401),
    "wrong ticket": (handshake("/ws?ticket=" + "x" * 5_000), 401),
    "NUL ticket": (handshake("/ws?ticket=%00%ff"), 401),
    "wrong origin": (handshake("/ws?token={}", "Origin: https://evil.example"), 403),
    "two origins": (
        handshake("/ws?token={}", "Origin: https://evil.example", "Origin: http://here"),
        403,
    ),
    "null origin": (handshake("/ws?token={}", "Origin: null"), 403),
}


@pytest.mark.parametrize(("data", "status"), NO_HANDSHAKES.values(), ids=NO_HANDSHAKES)
async def test_what_is_no_handshake_opens_nothing(server, token, data, status):
    async with connected(server.port) as raw:
        await raw.send(data.replace(b"{}", token.encode()))
        head = await raw.answer()

    assert (int(head.split(b" ")[1]) if head else None) == status
    await answers(server)


UNWANTED = {
    "unmasked": [frame(TEXT, b"ping", masked=False)],
    "reserved bit": [frame(TEXT, b"ping", reserved=4)],
    "reserved opcode": [frame(3, b"ping")],
    "reserved control": [frame(11, b"ping")],
    "continued nothing": [frame(0, b"ping")],
    "text within text": [frame(TEXT, b"pi", fin=False), frame(TEXT, b"ng")],
    "fragmented ping": [frame(PING, b"a", fin=False)],
    "long ping": [frame(PING, b"a" * 126)],
    "bad UTF-8": [frame(TEXT, b"\xff\xfe")],
    "bad UTF-8 in parts": [frame(TEXT, b"\xc3", fin=False), frame(0, b"\x28")],
    "half a close code": [frame(CLOSE, b"\x03")],
    "bad reason": [frame(CLOSE, struct.pack(">H", 1000) + b"\xff")],
    "longer than all": [frame(TEXT, length=(1 << 63) - 1)],
    "above 16 MiB": [frame(BINARY, length=(16 << 20) + 1)],
    "noise": [random.Random(SEED).randbytes(10_000)],
    "NULs": [bytes(10_000)],
}


@pytest.mark.parametrize("data", UNWANTED.values(), ids=UNWANTED)
async def test_what_the_protocol_forbids_ends_the_socket_at_once(server, token, data):
    async with opened(server.port, f"/ws?token={token}") as raw:
        await raw.send(*data)

        # Granian closes without a code of its own; what it has heard before may be answered.
        last = None
        while (heard := await raw.hear()) is not None:
            last = heard
        assert last is None or last.opcode == CLOSE


CLOSED = {
    "binary": ([frame(BINARY, b"ping")], 1003),
    "binary in parts": ([frame(BINARY, b"pi", fin=False), frame(0, b"ng")], 1003),
    "1,000 subscriptions": (
        [frame(TEXT, json.dumps({"event": "subscribe", "jobs": [str(JOB)] * 1_000}).encode())],
        1009,
    ),
    "16 MiB": ([frame(TEXT, bytes(16 * MEGABYTE))], 1009),
    "16 MiB in parts": (
        [frame(TEXT, bytes(MEGABYTE), fin=False), *[frame(0, bytes(MEGABYTE), fin=False)] * 14,
         frame(0, bytes(MEGABYTE))],
        1009,
    ),
    "byte by byte": ([frame(TEXT, b"{", fin=False), *[frame(0, b"[", fin=False)] * 500,
                      frame(0, b"]")], 4400),
    "flood": ([frame(TEXT, b"ping")] * 21, 1008),
    "reserved close code": ([frame(CLOSE, struct.pack(">H", 1005))], 1002),
    "goodbye": ([frame(CLOSE, struct.pack(">H", 1000) + b"bye")], 1000),
}  # fmt: skip


@pytest.mark.parametrize(("data", "code"), CLOSED.values(), ids=CLOSED)
async def test_what_we_do_not_take_is_told_by_a_close_code(server, token, data, code):
    async with opened(server.port, f"/ws?token={token}") as raw:
        await raw.send(*data)
        closing = await raw.until(CLOSE)

    assert closing
    assert struct.unpack(">H", closing.payload[:2]) == (code,)


async def test_a_message_in_parts_with_a_ping_between_them_is_one_message(server, token):
    async with opened(server.port, f"/ws?token={token}") as raw:
        await raw.send(frame(TEXT, b"pi", fin=False), frame(PING, b"?"), frame(0, b"ng"))

        assert (await raw.until(PONG)) == (PONG, b"?")
        pong = await raw.until(TEXT)
        assert pong
        assert json.loads(pong.payload)["event"] == "pong"


async def test_who_stops_talking_in_the_middle_is_let_go(server, token):
    async with opened(server.port, f"/ws?token={token}") as raw:
        await raw.send(frame(TEXT, b"pi", fin=False), frame(0, b"n", length=100))
        raw.half_close()

        assert await raw.until(CLOSE) is None


async def test_foreign_and_missing_jobs_may_be_named_and_bring_nothing(server, token, stream):
    async with opened(server.port, f"/ws?token={token}") as raw:
        missing = [str(new_id()) for _ in range(90)]
        await raw.send(frame(TEXT, json.dumps({"event": "subscribe", "jobs": missing}).encode()))
        subscribed = await raw.until(TEXT)
        await stream.announce([job_frame(version=1)])
        await raw.send(frame(TEXT, b"ping"))
        next_said = await raw.until(TEXT)

    assert subscribed
    assert b'"subscribed"' in subscribed.payload
    assert next_said
    assert b'"pong"' in next_said.payload


async def noisy(server, token, chance):
    """One client that sends what comes to its mind, and is gone."""
    async with opened(server.port, f"/ws?token={token}") as raw:
        for _ in range(chance.randrange(1, 8)):
            payload = chance.choice([b"ping", b'{"event":"subscribe"}', b"", chance.randbytes(200)])
            await raw.send(
                frame(
                    chance.choice([TEXT, TEXT, TEXT, 0, BINARY, CLOSE, PING, PONG, 5, 15]),
                    payload,
                    fin=chance.random() < 0.8,
                    masked=chance.random() < 0.95,
                    reserved=chance.choice([0] * 9 + [1]),
                    length=chance.choice([None] * 9 + [chance.randrange(1 << 20)]),
                )
            )
        if chance.random() < 0.5:
            raw.half_close()
            while await raw.hear():
                pass


ANSWERED = b'"event":"request.answered"'
"""In the line of every exchange, whatever came of it."""


async def greedy(server, token):
    """Clients that hold on to what they can get."""
    async with (
        opened(server.port, f"/ws?token={token}") as one,
        opened(server.port, f"/ws?token={token}") as two,
    ):
        await one.send(frame(TEXT, bytes(15 * MEGABYTE), length=16 * MEGABYTE))
        await two.send(frame(PING, b"x" * 125) * 20_000)  # and reads none of the pongs


async def test_noise_floods_and_large_frames_harm_no_memory_no_log_and_no_one_else(
    server, token, stream
):
    chance = random.Random(SEED)
    async with connect(f"{server.socket_url}?token={token}") as witness:
        await witness.recv()
        for _ in range(3):  # what a process needs once is no leak
            await noisy(server, token, chance)
        process = psutil.Process(server.process.pid)
        before, lines = process.memory_info().rss, len(server.log)

        async def tell():
            for version in range(1, 21):
                await stream.announce([job_frame(version=version)])
                await noisy(server, token, chance)

        await asyncio.gather(greedy(server, token), tell(), tell_twice(server, token, chance))
        async with asyncio.timeout(15):
            heard = [json.loads(await witness.recv()) for _ in range(20)]

        assert versions(heard) == list(range(1, 21))
        assert process.memory_info().rss - before < 32 * MEGABYTE
        assert [line for line in server.log[lines:] if ANSWERED not in line] == []


async def tell_twice(server, token, chance):
    for _ in range(10):
        await asyncio.gather(*(noisy(server, token, chance) for _ in range(3)))
