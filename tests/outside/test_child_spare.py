"""A child that is started ahead: used once, never shared, and never left behind."""

import asyncio
import os
import signal
import sys
from contextlib import suppress
from pathlib import Path

import pytest
import uvloop

from support.children import children, run, running, started, until
from taskforge.core.failures import InvalidInput, JobTimeout, SandboxDied
from taskforge.core.sandbox import SandboxLimits
from taskforge.outside.child.spare import Spares

HERE = Path(__file__).parent

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


def works_in(pid):
    """The folder that a child's own folder is in; None for one that has just ended."""
    try:
        return Path(os.readlink(f"/proc/{pid}/cwd")).parent
    except (FileNotFoundError, ProcessLookupError):
        return None


@pytest.fixture
async def spares():
    before = children()
    spares = Spares()
    yield spares
    await spares.aclose()
    await until(lambda: children() <= before)


@pytest.fixture
def waiting(tmp_path):
    """Process ids of the spares whose rooms lie in this test's folder."""
    return lambda: {pid for pid in children() if works_in(pid) == tmp_path}


async def test_there_is_none_before_the_first_use_and_one_after_it(spares, waiting, tmp_path):
    assert not waiting()

    assert await run("deeds:add", 1, 2, spares=spares) == 3

    await until(lambda: len(waiting()) == 1)
    assert len(list(tmp_path.iterdir())) == 1


async def test_a_spare_is_used_once_and_replaced(spares, waiting):
    await run("deeds:add", 1, 2, spares=spares)
    used = []
    for _ in range(5):
        await until(lambda: len(waiting()) == 1)
        (spare,) = waiting()

        seen = await run("deeds:look", spares=spares)

        assert str(seen["pid"]) == spare
        used.append(spare)
    assert len(set(used)) == 5


async def test_a_spare_is_what_a_new_child_would_be(spares, waiting, monkeypatch, tmp_path):
    monkeypatch.setenv("SECRET_KEY", "s3cret")
    fresh = await run("deeds:look")
    await run("deeds:add", 1, 2, spares=spares)
    await until(waiting)

    warm = await run("deeds:look", spares=spares)

    assert warm["cwd"] != fresh["cwd"]
    assert Path(warm["cwd"]).parent == tmp_path
    assert warm["session"] == warm["pid"]
    changing = {"pid", "session", "cwd"}
    assert {k: v for k, v in warm.items() if k not in changing} == {
        k: v for k, v in fresh.items() if k not in changing
    }


async def test_its_limits_are_those_of_the_request(spares, waiting):
    await run("deeds:add", 1, 2, spares=spares)
    for function, args, limits, error in [
        ("deeds:hoard", [260], SandboxLimits(memory_mb=256), SandboxDied),
        ("deeds:burn", [], SandboxLimits(cpu_seconds=1), JobTimeout),
        ("deeds:sleep", [60], SandboxLimits(seconds=0.3), JobTimeout),
        ("deeds:refuse", [], SandboxLimits(), InvalidInput),
        ("deeds:crash", [], SandboxLimits(), SandboxDied),
    ]:
        await until(waiting)
        with pytest.raises(error):
            await run(function, *args, limits=limits, spares=spares)


async def test_a_spare_from_before_a_change_is_not_used(spares, waiting, monkeypatch, tmp_path):
    await run("deeds:add", 1, 2, spares=spares)
    await until(waiting)
    (old,) = waiting()
    monkeypatch.syspath_prepend(str(tmp_path / "plugins"))

    seen = await run("deeds:look", spares=spares)

    assert str(seen["pid"]) != old
    assert str(tmp_path / "plugins") in seen["path"]
    await until(lambda: not running(old))


async def test_a_spare_that_was_killed_is_not_used(spares, waiting):
    await run("deeds:add", 1, 2, spares=spares)
    await until(waiting)
    (spare,) = waiting()
    os.kill(int(spare), signal.SIGKILL)
    await until(lambda: spare not in children())

    assert await run("deeds:add", 1, 2, spares=spares) == 3


async def test_a_spare_ends_when_nobody_wants_it(tmp_path, waiting):
    spares = Spares(idle_seconds=1)
    await run("deeds:add", 1, 2, spares=spares)
    await until(waiting)

    await until(lambda: not waiting() and not list(tmp_path.iterdir()))

    assert await run("deeds:add", 1, 2, spares=spares) == 3
    await spares.aclose()


async def test_after_the_end_none_is_kept_and_requests_are_served_all_the_same(tmp_path, waiting):
    spares = Spares()
    await run("deeds:add", 1, 2, spares=spares)
    await spares.aclose()

    assert await run("deeds:add", 1, 2, spares=spares) == 3
    assert not waiting()
    assert list(tmp_path.iterdir()) == []


async def test_a_spare_dies_with_its_worker(tmp_path):
    script = (
        "import asyncio, sys\n"
        "from taskforge.core.sandbox import SandboxLimits\n"
        "from taskforge.outside.child.run import run_child\n"
        "from taskforge.outside.child.spare import Spares\n"
        f"sys.path[:0] = [{str(HERE)!r}, {str(HERE.parent)!r}]\n"
        "from support.children import children, until\n"
        "async def main():\n"
        "    spares = Spares()\n"
        "    await run_child('deeds:add', [1, 2], limits=SandboxLimits(),\n"
        "        on_report=print, spares=spares)\n"
        "    await until(children)\n"
        "    print(*children(), flush=True)\n"
        "    await asyncio.sleep(60)\n"
        "asyncio.run(main())\n"
    )
    worker = await asyncio.create_subprocess_exec(
        sys.executable, "-c", script, stdout=asyncio.subprocess.PIPE,
        env={**os.environ, "TMPDIR": str(tmp_path)},
    )  # fmt: skip
    assert worker.stdout
    async with asyncio.timeout(20):
        spare = int(await worker.stdout.readline())
    assert running(spare)

    worker.kill()
    await worker.wait()

    await until(lambda: not running(spare))


@pytest.mark.parametrize("runner", [asyncio.run, uvloop.run], ids=["asyncio", "uvloop"])
async def test_a_loop_that_ends_takes_its_spare_along(runner, tmp_path, waiting):
    async def rounds():
        spares = Spares()
        assert await run("deeds:add", 1, 2, spares=spares) == 3
        assert await run("deeds:add", 1, 2, spares=spares) == 3

    await asyncio.to_thread(lambda: runner(rounds()))

    await until(lambda: not waiting())
    assert list(tmp_path.iterdir()) == []


async def test_fifty_at_once_are_cancelled_without_a_trace(spares, tmp_path):
    await run("deeds:add", 1, 2)
    fds, before = set(os.listdir("/proc/self/fd")), children()
    tasks = [asyncio.create_task(run("deeds:burn", spares=spares)) for _ in range(50)]
    await until(lambda: len(children() - before) >= 10)

    for task in tasks:
        task.cancel()
    ended = await asyncio.gather(*tasks, return_exceptions=True)
    await spares.aclose()

    assert all(isinstance(end, asyncio.CancelledError) for end in ended)
    assert children() == before
    assert list(tmp_path.iterdir()) == []
    assert len(os.listdir("/proc/self/fd")) <= len(fds)


@pytest.mark.parametrize("turns", range(0, 24, 3))
async def test_cancelling_at_any_moment_leaves_nothing(spares, tmp_path, waiting, turns):
    before = children()
    await run("deeds:add", 1, 2, spares=spares)
    await until(waiting)
    task = asyncio.create_task(run("deeds:burn", spares=spares))
    for _ in range(turns):
        await asyncio.sleep(0)

    task.cancel()
    await asyncio.sleep(0)
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    await spares.aclose()

    await until(lambda: children() == before and not list(tmp_path.iterdir()))


async def test_runs_at_the_same_time_have_children_of_their_own(spares, waiting):
    await run("deeds:add", 1, 2, spares=spares)
    await until(waiting)

    runs = [started("deeds:sleep", 60, spares=spares) for _ in range(4)]
    pairs = await asyncio.gather(*runs)

    assert len({report.message for _, report in pairs}) == 4
    for task, _ in pairs:
        task.cancel()
    await asyncio.gather(*(task for task, _ in pairs), return_exceptions=True)
