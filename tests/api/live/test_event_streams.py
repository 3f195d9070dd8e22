"""Event streams over plain HTTP from hostile clients, and how many connections an account has."""

import asyncio
import json

import psutil
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidStatus

from support.rawsocket import connected
from support.waiting import eventually
from tests.api.live.conftest import api_process, bulky

MEGABYTE = 1 << 20
FEW = 8


def asked(token, *headers):
    lines = [
        "GET /api/v1/events HTTP/1.1", "Host: here", f"Authorization: Bearer {token}", *headers
    ]  # fmt: skip
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n"


async def status_of(server, token):
    """What a request for the stream is answered with; the stream ends with it."""
    async with connected(server.port) as raw:
        await raw.send(asked(token))
        return int((await raw.answer()).split(b" ")[1])


@pytest.mark.parametrize("name", ["", "x", "9" * 5_000, "a.1-1.0", "-1-1", "\xff\xfe"], ids=ascii)
async def test_a_last_event_id_that_means_nothing_gets_a_resync(server, token, name):
    async with connected(server.port) as raw:
        await raw.send(asked(token, f"Last-Event-ID: {name}"))

        assert (await raw.answer()).startswith(b"HTTP/1.1 200")
        wanted = b'"event":"resync"' if name else b'"event":"connected"'
        assert wanted in await raw.read_until(wanted)


async def test_a_stream_that_is_not_read_ends_and_costs_little(server, token, stream):
    process = psutil.Process(server.process.pid)
    async with connected(server.port) as raw, connect(f"{server.socket_url}?token={token}") as it:
        await raw.send(asked(token))
        assert await raw.read_until(b'"connected"')
        await it.recv()
        before = process.memory_info().rss
        for _ in range(300):
            await stream.announce([bulky()])
            await it.recv()
        most = process.memory_info().rss

        read = await raw.rest()

    assert most - before < 32 * MEGABYTE
    assert read < 300 * 60_000


async def test_an_account_has_so_many_connections_and_no_more(process_environment, token, viewer):
    limits = {"LIVE_CONNECTIONS_PER_USER": str(FEW)}
    other = viewer.headers["authorization"].removeprefix("Bearer ")
    async with api_process(process_environment | limits) as server:

        async def attempt():
            try:
                return await connect(f"{server.socket_url}?token={token}")
            except InvalidStatus as error:
                return error.response

        found = await asyncio.gather(*(attempt() for _ in range(100)))
        admitted = [it for it in found if isinstance(it, ClientConnection)]
        refused = [it for it in found if not isinstance(it, ClientConnection)]
        more = await status_of(server, token), await status_of(server, other)
        await asyncio.gather(*(it.close() for it in admitted))

        async def free_again():
            return await status_of(server, token) == 200

        assert await eventually(free_again)

    assert len(admitted) == FEW
    assert more == (429, 200)
    assert {it.status_code for it in refused} == {429}
    assert {json.loads(it.body)["code"] for it in refused} == {"too_many_connections"}
    assert all(int(it.headers["retry-after"]) > 0 for it in refused)
