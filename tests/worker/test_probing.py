"""A unit that is told to end says so first, and answers until it has ended."""

import signal
import socket

import httpx

from support.waiting import eventually


async def test_a_unit_with_every_slot_busy_answers_and_turns_red_before_it_leaves(make_arena):
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    arena = await make_arena(METRICS_PORT=str(port), DRAIN_SECONDS="60")
    unit = await arena.start("worker", "--threads", "1")
    arena.supervisor.forget(unit)
    job_id = await arena.submit("pause", {"seconds": 600})
    await arena.until(job_id, "running")

    async with httpx.AsyncClient(
        base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=30
    ) as client:
        before = [await client.get(f"/health/{it}") for it in ("live", "ready")]
        metrics = await client.get("/metrics")
        unit.send(signal.SIGTERM)

        async def red():
            ready = await client.get("/health/ready")
            assert ready.status_code == 503
            return ready

        leaving, alive = await eventually(red), await client.get("/health/live")
    unit.send(signal.SIGTERM)  # in a hurry

    assert [it.status_code for it in before] == [200, 200]
    assert set(before[0].json()["checks"]) == {"loop", "consumers"}
    assert "taskforge_job_wait_seconds_count" in metrics.text
    assert leaving.json()["status"] == "draining"
    assert alive.status_code == 200
    assert await unit.ended() == 0
    assert (await arena.row(job_id))["status"] == "queued"
