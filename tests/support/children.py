"""Runs in a child process, for tests that look at what becomes of them."""

import asyncio
from contextlib import suppress
from pathlib import Path

from taskforge.core.sandbox import SandboxLimits
from taskforge.outside.child.run import run_child

LIMITS = SandboxLimits(memory_mb=256, seconds=30, cpu_seconds=20)


class Reports(list):
    """Collects reports; tests wait for the first instead of sleeping."""

    def __init__(self):
        super().__init__()
        self.first = asyncio.Event()

    def __call__(self, progress):
        self.append(progress)
        self.first.set()


async def run(function, *args, limits=LIMITS, on_report=lambda _: None, spares=None):
    return await run_child(function, args, limits=limits, on_report=on_report, spares=spares)


async def started(function, *args, limits=LIMITS, spares=None):
    """A run whose child has said its first word."""
    reports = Reports()
    task = asyncio.create_task(
        run(function, *args, limits=limits, on_report=reports, spares=spares)
    )
    async with asyncio.timeout(20):
        await reports.first.wait()
    return task, reports[0]


async def until(condition):
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110 - the kernel knows, and tells nobody
            await asyncio.sleep(0.01)


def running(pid):
    """Whether a process lives; a zombie that its new parent has not fetched yet does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return False


def children():
    """Process ids of our children, zombies included."""
    tasks = Path("/proc/self/task").iterdir()
    found: set[str] = set()
    for task in tasks:
        with suppress(FileNotFoundError):  # a thread that ended while we looked
            found.update((task / "children").read_text().split())
    return found
