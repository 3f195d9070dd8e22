"""Connections to Redis that die while nobody uses them."""

import asyncio
import socket
import struct
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import pytest
import uvloop

from support.waiting import eventually
from taskforge.bus.client import open_client
from taskforge.config import load
from taskforge.core.link import tcp_options

RESET_ON_CLOSE = struct.pack("ii", 1, 0)


class Relay:
    """Stands before Redis on a port, and can cut what goes through without a goodbye."""

    def __init__(self, path):
        self._path = path
        self._writers = []
        self._carrying = set()

    async def __call__(self, reader, writer):
        far_reader, far_writer = await asyncio.open_unix_connection(self._path)
        self._writers += [writer, far_writer]
        ways = ((reader, far_writer), (far_reader, writer))
        self._carrying |= {asyncio.create_task(self._carry(*way)) for way in ways}

    async def _carry(self, reader, writer):
        while data := await reader.read(65_536):
            writer.write(data)

    def cut(self):
        for task in self._carrying:
            task.cancel()
        for writer in self._writers:
            link = writer.get_extra_info("socket")
            if link.family != socket.AF_UNIX:
                link.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
            writer.transport.abort()
        self._writers.clear()
        self._carrying.clear()


@asynccontextmanager
async def relayed(redis_url):
    """A relay, and a client whose Redis is behind it."""
    relay = Relay(urlsplit(redis_url).path)
    server = await asyncio.start_server(relay, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    client = open_client(load({"REDIS_URL": f"redis://127.0.0.1:{port}/0"}))
    try:
        yield relay, client
    finally:
        await client.aclose()
        relay.cut()
        server.close()


async def sockets(client):
    connection = await client.connection_pool.get_connection()
    try:
        return connection._writer.get_extra_info("socket"), connection._writer.transport
    finally:
        await client.connection_pool.release(connection)


@pytest.mark.parametrize("runner", [uvloop.run, asyncio.run], ids=["uvloop", "asyncio"])
async def test_a_connection_that_died_in_the_pool_is_made_anew(redis_url, runner):
    async def scene():
        async with relayed(redis_url) as (relay, client):
            assert await client.ping()
            _, transport = await sockets(client)
            relay.cut()
            await eventually(lambda: closed(transport))

            return await client.ping()

    assert await asyncio.to_thread(runner, scene())


async def closed(transport):
    return transport.is_closing()


async def test_the_kernel_looks_after_a_connection_that_may_be_silent(redis_url):
    async with relayed(redis_url) as (_, client):
        link, _ = await sockets(client)

        assert link.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
        options = tcp_options()
        assert options
        assert {it: link.getsockopt(socket.IPPROTO_TCP, it) for it in options} == options
