"""A job whose model lives on between jobs, in a real unit."""

import os
import signal
import time

import psutil
import pytest

from support.waiting import eventually
from taskforge.flows.control import cancel

LONG = {"prompt": "Write a long story about a ship.", "max_tokens": 512, "temperature": 1.5}


def companions():
    """The companion processes of this test's servers' workers."""
    return [
        process
        for process in psutil.process_iter(["cmdline"])
        if "taskforge.outside.companion.main" in (process.info["cmdline"] or [])
    ]


@pytest.fixture
async def unit(arena):
    process = await arena.start("worker", "--threads", "8")
    return arena, process


def of(process):
    return [it for it in companions() if it.ppid() == process.pid]


async def test_a_unit_keeps_its_model_and_cancels_an_answer_within_a_second(unit):
    arena, process = unit
    first = await arena.submit("ai_inference", {"prompt": "Name a colour.", "max_tokens": 4})
    row = await arena.until(first, within=60)
    result = await arena.db.fetchval("SELECT result FROM job_results WHERE job_id = $1", first)
    (model,) = of(process)

    running = await arena.submit("ai_inference", LONG)

    async def generating():
        progress = (await arena.row(running))["progress"]
        return progress and progress["stage"] == "generating"

    await eventually(generating, within=60)
    began = time.monotonic()
    await cancel(arena.deps, running, arena.by)
    ended = await arena.until(running)
    took = time.monotonic() - began
    second = await arena.submit("ai_inference", {"prompt": "Name a fish.", "max_tokens": 4})

    assert row["status"] == "success"
    assert result["outputs"][0]["tokens"]["completion"] > 0
    assert ended["status"] == "cancelled"
    assert took < 1
    assert (await arena.until(second, within=60))["status"] == "success"
    assert of(process) == [model]


async def test_the_model_ends_with_its_unit(unit):
    arena, process = unit
    job_id = await arena.submit("ai_inference", LONG)

    async def started():
        return of(process)

    await eventually(started, within=60)
    (model,) = of(process)

    os.kill(process.pid, signal.SIGKILL)

    async def gone():
        return not model.is_running() or model.status() == psutil.STATUS_ZOMBIE

    await eventually(gone)
    assert (await arena.row(job_id))["status"] == "running"  # the rescue's to take
