"""What a worker and a scheduler answer to probes, whatever their own loop does."""

import asyncio
import socket
import threading
from contextlib import asynccontextmanager, contextmanager

import httpx
import msgspec
import pytest
from prometheus_client.parser import text_string_to_metric_families

from support.waiting import eventually
from taskforge.flows.deps import open_deps
from taskforge.flows.health import Health
from taskforge.flows.probes import STILL_SECONDS, Probes
from taskforge.handlers.registry import load

TOKEN = "probe-token-of-a-test-93c1"


@pytest.fixture
def health(deps):
    return Health(deps)


@pytest.fixture
async def lost(settings):
    """The health of a process that reaches no server, and leaves no connection on any loop."""
    away = {
        "database_url": "postgresql://nobody@127.0.0.1:1/none",
        "redis_url": "redis://127.0.0.1:1/0",
    }
    async with open_deps(msgspec.structs.replace(settings, **away), load([])) as deps:
        yield Health(deps)


@asynccontextmanager
async def probing(settings, health, loop=None, moving=dict, **changed):
    """A client of the probes of one process."""
    settings = msgspec.structs.replace(settings, **changed)
    probes = Probes(settings, health, loop or asyncio.get_running_loop(), moving)
    probes.start()
    try:
        port = await eventually(lambda: asyncio.sleep(0, probes.port))
        async with httpx.AsyncClient(
            base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=10
        ) as client:
            yield client
    finally:
        probes.stop()
        await asyncio.to_thread(probes.join, 10)
        assert not probes.is_alive()


@contextmanager
def a_loop_that_hangs():
    """A loop whose thread does something else for as long as the block lasts."""
    loop, free = asyncio.new_event_loop(), threading.Event()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    loop.call_soon_threadsafe(free.wait)
    try:
        yield loop
    finally:
        free.set()
        asyncio.run_coroutine_threadsafe(rest(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def rest():
    """Until what came to this loop meanwhile is done."""
    others = asyncio.all_tasks() - {asyncio.current_task()}
    await asyncio.gather(*others, return_exceptions=True)


async def test_a_process_that_works_lives_and_is_ready(settings, health):
    async with probing(settings, health) as client:
        live, ready = await client.get("/health/live"), await client.get("/health/ready")

    assert (live.status_code, live.json()["status"]) == (200, "ok")
    assert live.json()["checks"]["loop"]["status"] == "ok"
    assert (ready.status_code, ready.json()["status"]) == (200, "ok")
    assert set(ready.json()["checks"]) == {"database", "redis"}


async def test_metrics_are_what_prometheus_reads(settings, health):
    async with probing(settings, health) as client:
        await client.get("/health/ready")
        told = await client.get("/metrics")

    assert told.headers["content-type"].startswith("text/plain; version=0.0.4")
    families = {it.name: it for it in text_string_to_metric_families(told.text)}
    up = {it.labels["dependency"]: it.value for it in families["taskforge_dependency_up"].samples}
    assert up == {"database": 1, "redis": 1}
    assert not [name for name in families if name.endswith("_created")]


async def test_other_addresses_are_not_found(settings, health):
    async with probing(settings, health) as client:
        assert (await client.get("/")).status_code == 404


async def test_what_has_not_moved_for_too_long_does_not_live(settings, health):
    still = {"consumers": STILL_SECONDS - 1}
    async with probing(settings, health, moving=lambda: still) as client:
        before = await client.get("/health/live")
        still["consumers"] = STILL_SECONDS
        after = await client.get("/health/live")
        health.draining = True
        leaving = await client.get("/health/live")

    assert (before.status_code, after.status_code) == (200, 503)
    assert after.json()["status"] == "failing"
    assert after.json()["checks"]["consumers"]["status"] == "stuck"
    assert leaving.status_code == 200  # what ends need not move any more


async def test_a_process_whose_loop_hangs_is_not_ready_and_still_answers(settings, lost):
    with a_loop_that_hangs() as loop:
        async with probing(settings, lost, loop) as client:
            ready, live, metrics = await asyncio.gather(
                *(client.get(path) for path in ("/health/ready", "/health/live", "/metrics"))
            )

    assert (ready.status_code, ready.headers["retry-after"]) == (503, "2")
    assert ready.json()["checks"]["loop"]["status"] == "stuck"
    assert (live.status_code, metrics.status_code) == (200, 200)


async def test_a_process_about_to_end_says_so_before_its_loop_does(settings, health):
    health.draining = True
    with a_loop_that_hangs() as loop:
        async with probing(settings, health, loop) as client:
            ready = await client.get("/health/ready")

    assert (ready.status_code, ready.json()) == (503, {"status": "draining", "checks": {}})


async def test_the_probe_token_guards_metrics_and_details(settings, health):
    async with probing(settings, health, probe_token=TOKEN) as client:
        for given in ({}, {"Authorization": TOKEN}, {"Authorization": "Bearer wrong"}):
            refused = await client.get("/metrics", headers=given)
            assert (refused.status_code, refused.headers["www-authenticate"]) == (401, "Bearer")
            ready = await client.get("/health/ready", headers=given)
            assert (ready.status_code, ready.json()) == (200, {"status": "ok", "checks": {}})
        told = {"Authorization": f"Bearer {TOKEN}"}
        assert (await client.get("/metrics", headers=told)).status_code == 200
        assert (await client.get("/health/ready", headers=told)).json()["checks"]


async def test_a_port_that_is_taken_is_tried_again_until_it_is_free(settings, health, until):
    with socket.create_server(("127.0.0.1", 0)) as rival:
        port = rival.getsockname()[1]
        wanted = msgspec.structs.replace(settings, metrics_port=port)
        probes = Probes(wanted, health, asyncio.get_running_loop())
        probes.start()
        await until(lambda: probes.complained)
    try:
        await until(lambda: probes.port == port)
    finally:
        probes.stop()
        await asyncio.to_thread(probes.join, 10)


async def test_without_a_port_nothing_listens_and_nothing_waits(settings, health):
    nowhere = msgspec.structs.replace(settings, metrics_port=0)
    probes = Probes(nowhere, health, asyncio.get_running_loop())
    probes.start()

    await asyncio.to_thread(probes.join, 10)

    assert not probes.is_alive()
