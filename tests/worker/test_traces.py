"""A collector that is away, or that hangs, costs no job anything."""

import time

from support.collector import collecting
from support.waiting import eventually
from taskforge.tracing.start import FLUSH_SECONDS

JOBS = 40


async def test_jobs_run_and_units_end_while_the_collector_hangs(make_arena):
    with collecting() as collector:
        collector.open.clear()
        full = {"OTEL_BSP_MAX_QUEUE_SIZE": "8", "OTEL_BSP_MAX_EXPORT_BATCH_SIZE": "4"}
        arena = await make_arena(**collector.environment, **full)
        unit = await arena.start("worker", "--threads", "4")

        for job_id in [await arena.submit("noop") for _ in range(JOBS)]:
            await arena.until(job_id, "success")
        arena.supervisor.forget(unit)
        began = time.monotonic()
        assert await unit.stop() == 0

        assert time.monotonic() - began < arena.settings.drain_seconds + FLUSH_SECONDS
        assert "Traceback" not in unit.log.read_text()


async def test_a_collector_that_comes_back_is_told_again(make_arena):
    with collecting() as collector:
        collector.status = 503
        arena = await make_arena(**collector.environment)
        await arena.start("worker", "--threads", "4")
        await arena.until(await arena.submit("noop"), "success")
        collector.status = 200

        job_id = await arena.submit("noop")
        await arena.until(job_id, "success")

        async def told():
            spans = collector.named("process default")
            return str(job_id) in {it.facts["messaging.message.id"] for it in spans}

        assert await eventually(told)
