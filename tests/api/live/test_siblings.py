"""Several API processes behind one address have one set of metrics."""

import asyncio
import signal

import httpx
import psutil
from prometheus_client.parser import text_string_to_metric_families
from websockets.asyncio.client import connect

from support.waiting import eventually
from tests.api.live.conftest import api_process

ASKED = ("taskforge_http_request_seconds_count", "GET", "/health/live", "2xx")
OPEN = ("taskforge_ws_connections", "websocket")


async def told(server):
    """By name and values of labels; a connection of its own reaches any of the processes."""
    async with httpx.AsyncClient(timeout=30, trust_env=False) as client:
        text = (await client.get(f"{server.url}/metrics")).text
    found = [
        ((sample.name, *sample.labels.values()), sample.value)
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    ]
    assert len(dict(found)) == len(found)  # no series twice
    return dict(found)


async def ask(server, times):
    async with httpx.AsyncClient(timeout=30, trust_env=False) as client:
        for _ in range(times):
            headers = {"Connection": "close"}
            assert (await client.get(f"{server.url}/health/live", headers=headers)).is_success


def children(server):
    """The processes that serve; multiprocessing has another of its own."""
    return [
        it
        for it in psutil.Process(server.process.pid).children()
        if "spawn_main" in " ".join(it.cmdline())
    ]


async def test_what_processes_count_adds_up_and_outlives_them(process_environment, token):
    async with api_process(process_environment, workers=2) as pair:
        before = (await told(pair)).get(ASKED, 0)
        sockets = [await connect(f"{pair.socket_url}?token={token}") for _ in range(10)]
        await ask(pair, 20)

        async def all_counted():
            seen = await told(pair)
            return (seen[ASKED], seen[OPEN]) == (before + 20, 10)

        await eventually(all_counted)
        assert {("taskforge_build_info", "api", "0.1.0"): 1.0}.items() <= (await told(pair)).items()

        victims = children(pair)
        for victim in victims:
            victim.send_signal(signal.SIGKILL)
        await asyncio.gather(*(socket.wait_closed() for socket in sockets))

        async def forgotten():
            seen = await told(pair)
            assert seen[ASKED] >= before + 20
            return seen[OPEN] == 0 and len(children(pair)) == len(victims)

        await eventually(forgotten, within=60)
        assert await asyncio.wait_for(pair.stop(), 30) == 0
