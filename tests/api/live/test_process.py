"""What happens to processes and their sockets: clients that vanish, deploys, several processes."""

import asyncio
import contextlib
import json
import re
import socket as sockets
import struct
import sys

import httpx
import psutil
from websockets.asyncio.client import connect

from taskforge.core.ids import new_id
from tests.api.live.conftest import answers, api_process, job_frame

VICTIMS = """
import asyncio, sys
from websockets.asyncio.client import connect

async def main(url, count):
    clients = await asyncio.gather(*(connect(url) for _ in range(count)))
    print("open", flush=True)
    await asyncio.gather(*(client.wait_closed() for client in clients))

asyncio.run(main(sys.argv[1], int(sys.argv[2])))
"""


class Crowd:
    """Many clients in this process; each counts what it gets."""

    def __init__(self, clients):
        self.clients = clients
        self.got = [0] * len(clients)
        self._tasks = [asyncio.create_task(self._count(n)) for n in range(len(clients))]

    async def until(self, count):
        async with asyncio.timeout(20):
            while min(self.got) < count:
                await asyncio.wait(self._tasks, timeout=0.02)

    async def codes(self):
        async with asyncio.timeout(15):
            await asyncio.gather(*self._tasks)
        return {client.close_code for client in self.clients}

    async def _count(self, number):
        with contextlib.suppress(Exception):
            async for text in self.clients[number]:
                self.got[number] += len(json.loads(text).get("events", []))


async def crowd(url, count):
    clients = []
    for _ in range(0, count, 20):  # the backlog is not what is tested here
        clients += await asyncio.gather(*(connect(url, ping_interval=None) for _ in range(20)))
    await asyncio.gather(*(client.recv() for client in clients))
    return Crowd(clients)


def reset(client):
    """End a connection with RST, as a machine that vanishes from under it."""
    linger = struct.pack("ii", 1, 0)
    with contextlib.suppress(OSError):  # it was closed already, as too slow
        socket = client.transport.get_extra_info("socket")
        socket.setsockopt(sockets.SOL_SOCKET, sockets.SO_LINGER, linger)
    client.transport.abort()


async def flood(stream, count):
    for _ in range(count // 10):
        await stream.announce([job_frame(new_id()) for _ in range(10)])


async def test_half_of_200_clients_killed_in_the_middle_of_sends_harm_nobody_and_sigterm_is_clean(
    process_environment, token, stream
):
    async with api_process(process_environment) as server:
        url = f"{server.socket_url}?token={token}"
        staying = await crowd(f"{url}&batch=20", 100)
        resetting = await crowd(url, 60)
        victims = await asyncio.create_subprocess_exec(
            sys.executable, "-c", VICTIMS, url, "40", stdout=asyncio.subprocess.PIPE
        )
        assert victims.stdout is not None
        assert await victims.stdout.readline() == b"open\n"

        flooding = asyncio.create_task(flood(stream, 1_000))
        await staying.until(100)
        victims.kill()
        for client in resetting.clients:
            reset(client)
        await flooding
        await staying.until(1_000)
        await answers(server)
        code = await server.stop()

        assert set(staying.got) == {1_000}
        assert await staying.codes() == {1012}
        assert code == 0
        await victims.wait()


async def test_sigterm_sends_200_sockets_away_with_a_delay_of_their_own(process_environment, token):
    async with api_process(process_environment) as server:
        everyone = await crowd(f"{server.socket_url}?token={token}", 200)
        code = await server.stop()

        assert code == 0
        assert await everyone.codes() == {1012}
        delays = {re.findall(r"\d+", client.close_reason)[0] for client in everyone.clients}
        assert len(delays) > 100


async def test_sigterm_ends_event_streams_and_lets_requests_finish(process_environment, viewer):
    headers = {"Authorization": viewer.headers["authorization"]}
    async with (
        api_process(process_environment) as server,
        httpx.AsyncClient(base_url=server.url, headers=headers, timeout=20) as client,
        client.stream("GET", "/api/v1/events") as events,
    ):
        lines = events.aiter_lines()
        await anext(lines)
        stopping = asyncio.create_task(server.stop())
        rest = [line async for line in lines]

        assert await stopping == 0
    assert any(line.startswith("retry: ") for line in rest)
    assert '"code":1012' in rest[-2]


async def test_several_processes_all_deliver_everything(process_environment, token, stream):
    async with (
        api_process(process_environment, workers=2) as pair,
        api_process(process_environment) as single,
    ):
        children = psutil.Process(pair.process.pid).children()
        crowds = [
            await crowd(f"{server.socket_url}?token={token}&batch=20", 20)
            for server in (pair, single)
        ]
        await flood(stream, 500)
        for everyone in crowds:
            await everyone.until(500)
            assert set(everyone.got) == {500}

        assert await asyncio.gather(pair.stop(), single.stop()) == [0, 0]
        for everyone in crowds:
            assert await everyone.codes() == {1012}
        assert not psutil.wait_procs(children, timeout=5)[1]
