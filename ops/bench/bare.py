"""The yardstick: Dramatiq with stock settings, two processes of eight threads, no database."""

import asyncio
import os
import struct
import subprocess
import sys
import time
from pathlib import Path

import dramatiq
from dramatiq.brokers.redis import RedisBroker

broker = RedisBroker(url=os.environ.get("BENCH_REDIS_URL", "redis://"), namespace="bare")
dramatiq.set_broker(broker)
_out = os.environ.get("BENCH_OUT")
_file = os.open(_out, os.O_WRONLY | os.O_APPEND | os.O_CREAT) if _out else -1


@dramatiq.actor
def noop(_number: int) -> None:
    """Record when it ran."""
    os.write(_file, time.monotonic_ns().to_bytes(8, "little"))


async def drain(redis_url: str, folder: Path, jobs: int) -> float:
    """Jobs per second that stock Dramatiq drains from a backlog, first to last handler record."""
    out = folder / f"bare-{time.monotonic_ns()}"
    out.touch()
    environment = {**os.environ, "BENCH_REDIS_URL": redis_url, "BENCH_OUT": str(out)}
    broker.client.connection_pool = RedisBroker(url=redis_url).client.connection_pool
    await asyncio.to_thread(_fill, jobs)
    command = [str(Path(sys.executable).with_name("dramatiq")), "ops.bench.bare"]
    process = subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)
    try:
        while out.stat().st_size < jobs * 8:
            await asyncio.sleep(0.05)
    finally:
        process.terminate()
        await asyncio.to_thread(process.wait)
    stamps = struct.unpack(f"<{jobs}q", out.read_bytes()[: jobs * 8])
    return jobs / ((max(stamps) - min(stamps)) / 1e9)


def _fill(jobs: int) -> None:
    for number in range(jobs):
        noop.send(number)
