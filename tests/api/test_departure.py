"""A server that leaves: who is connected is served, who comes now goes elsewhere."""

import asyncio
import socket
import sys

import pytest

from taskforge.api.departure import turn_away
from taskforge.api.server import listen

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux can do it")


async def test_who_is_in_the_queue_is_let_in_and_who_comes_later_is_refused():
    loop = asyncio.get_running_loop()
    listener = listen("127.0.0.1", 0)
    listener.setblocking(False)
    early, late = socket.socket(), socket.socket()
    for it in (early, late):
        it.setblocking(False)
    await loop.sock_connect(early, listener.getsockname())
    await loop.sock_sendall(early, b"GET")

    leaving = asyncio.create_task(turn_away(listener))
    await asyncio.sleep(0)
    knocking = asyncio.create_task(loop.sock_connect(late, listener.getsockname()))
    accepted, _ = await loop.sock_accept(listener)
    await leaving

    assert await loop.sock_recv(accepted, 3) == b"GET"
    assert not knocking.done()
    listener.close()
    with pytest.raises(ConnectionRefusedError):
        await asyncio.wait_for(knocking, 5)
    for it in (early, late, accepted):
        it.close()


async def test_it_waits_no_longer_than_a_second_for_a_server_that_takes_nobody_in():
    listener = listen("127.0.0.1", 0)
    with socket.create_connection(listener.getsockname()):
        async with asyncio.timeout(5):
            await turn_away(listener)
    listener.close()
