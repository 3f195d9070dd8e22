import asyncio
import os
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

import pytest
import uvloop

from support.children import children, run, running, started, until
from taskforge.core.failures import SandboxDied
from taskforge.outside.child.room import PREFIX, remove_orphans

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


@pytest.mark.parametrize("function", ["deeds:burn", "deeds:burn_in_c"])
async def test_cancelling_kills_at_once_even_in_the_middle_of_c_code(function, tmp_path):
    task, _ = await started(function)
    before = time.monotonic()

    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert time.monotonic() - before < 1
    assert list(tmp_path.iterdir()) == []


async def test_cancelling_twice_cleans_up_all_the_same(tmp_path):
    before = children()
    task, _ = await started("deeds:burn")

    task.cancel()
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    await until(lambda: children() == before and not list(tmp_path.iterdir()))


async def test_a_report_that_raises_ends_the_child(tmp_path):
    class Stop(Exception):
        pass

    def stop(_):
        raise Stop

    with pytest.raises(Stop):
        await run("deeds:sleep", 60, on_report=stop)

    assert list(tmp_path.iterdir()) == []


async def test_a_report_that_cancels_ends_the_child(tmp_path):
    def cancel(_):
        raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        await run("deeds:sleep", 60, on_report=cancel)

    assert list(tmp_path.iterdir()) == []


async def test_processes_that_the_child_started_die_with_it():
    task, report = await started("deeds:breed")
    assert running(report.message)

    task.cancel()
    with suppress(asyncio.CancelledError):
        await task

    await until(lambda: not running(report.message))


async def test_the_child_dies_with_its_worker(tmp_path):
    script = (
        "import asyncio, sys\n"
        "from taskforge.core.sandbox import SandboxLimits\n"
        "from taskforge.outside.child.run import run_child\n"
        f"sys.path.insert(0, {str(Path(__file__).parent)!r})\n"
        "asyncio.run(run_child('deeds:burn_in_c', [], limits=SandboxLimits(),\n"
        "    on_report=lambda p: print(p.message, flush=True)))\n"
    )
    worker = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        script,
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ, "TMPDIR": str(tmp_path)},
    )
    assert worker.stdout
    async with asyncio.timeout(20):
        child = int(await worker.stdout.readline())
    assert running(child)

    worker.kill()
    await worker.wait()

    await until(lambda: not running(child))


async def test_fifty_at_once_are_cancelled_without_a_trace(tmp_path):
    await run("deeds:add", 1, 2)  # what is made once, is made now
    await until(lambda: threading.active_count() < 40)
    fds, before = set(os.listdir("/proc/self/fd")), children()
    tasks = [asyncio.create_task(run("deeds:burn")) for _ in range(50)]
    await until(lambda: len(children() - before) >= 10)

    for task in tasks:
        task.cancel()
    ended = await asyncio.gather(*tasks, return_exceptions=True)

    assert all(isinstance(end, asyncio.CancelledError) for end in ended)
    assert children() == before
    assert list(tmp_path.iterdir()) == []
    assert len(os.listdir("/proc/self/fd")) <= len(fds)


@pytest.mark.parametrize("runner", [asyncio.run, uvloop.run], ids=["asyncio", "uvloop"])
async def test_it_works_on_any_loop_in_any_thread(runner):
    async def rounds():
        assert await run("deeds:add", 1, 2) == 3
        task, _ = await started("deeds:burn")
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        with pytest.raises(SandboxDied):
            await run("deeds:leave", 1)

    await asyncio.to_thread(lambda: runner(rounds()))


async def test_folders_of_killed_workers_are_removed_and_held_ones_are_not(tmp_path):
    (tmp_path / f"{PREFIX}orphan").mkdir()
    (tmp_path / f"{PREFIX}link").symlink_to(tmp_path / f"{PREFIX}orphan")
    (tmp_path / "other").mkdir()
    task, _ = await started("deeds:sleep", 60)

    removed = remove_orphans(tmp_path, older_than=0)

    held = [path for path in tmp_path.iterdir() if path.name not in ("other", f"{PREFIX}link")]
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    assert removed == 1
    assert len(held) == 1
    assert (tmp_path / "other").exists()
