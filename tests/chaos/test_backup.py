"""The whole installation lost, and its last backup put on empty servers: everything goes on."""

import asyncio
import signal
import subprocess
import sys
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from chaos.harness import AFTER, Chaos
from support.arena import open_arena
from support.invariants import broken
from support.schedules import plant
from support.waiting import eventually
from taskforge.bus.cursor import Cursor
from taskforge.bus.follow import StreamReader
from taskforge.local.servers import Servers

ROOT = Path(__file__).resolve().parents[2]
RAN = "SELECT job_id FROM effects WHERE phase = 'end'"


@asynccontextmanager
async def empty_servers(folder):
    servers = Servers(folder)
    await servers.start()
    try:
        yield servers.addresses()
    finally:
        await servers.stop()


async def just(deed, url, file):
    """What `just backup` and `just restore` do."""
    done = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-m", "ops.backup", deed, file],
        cwd=ROOT, env={"DATABASE_URL": url}, check=False, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


async def at_work(chaos):
    """Jobs in every state: ended, running, queued behind them, for later; and a schedule."""
    await chaos.start(units=1, threads=4)
    await chaos.submit(5, delay_seconds=8)
    await plant(chaos.arena.db, ago=-8.0, interval_seconds=2.0)
    await chaos.submit_one(payload={"ms": 5_000})
    await chaos.submit(500, payload={"ms": 20})
    await eventually(
        lambda: chaos.arena.db.fetchval(
            "SELECT count(*) FILTER (WHERE status = 'success') > 50"
            " AND count(*) FILTER (WHERE status = 'running') > 0"
            " AND count(*) FILTER (WHERE status = 'queued') > 50 FROM jobs"
        ), within=30,
    )  # fmt: skip


async def cursor_of(redis):
    extent = await StreamReader(redis).extent()
    return extent, Cursor(extent.epoch, extent.last)


@pytest.mark.chaos
async def test_a_restored_installation_goes_on_where_the_backup_was_made(chaos: Chaos, tmp_path):
    file = tmp_path / "taskforge.dump"
    await at_work(chaos)
    _, cursor = await cursor_of(chaos.arena.deps.redis)

    await just("dump", chaos.ground.database_url, file)
    for process in chaos.arena.supervisor.running[:]:
        chaos.arena.supervisor.forget(process)
        process.send(signal.SIGKILL)
        await process.ended()

    async with empty_servers(tmp_path / "elsewhere") as found:
        await just("restore", found["DATABASE_URL"], file)
        (tmp_path / "data").mkdir()
        async with open_arena(
            found["DATABASE_URL"], found["REDIS_URL"], tmp_path / "data"
        ) as arena:
            before = {row["job_id"] for row in await arena.db.fetch(RAN)}
            running = await arena.db.fetch("SELECT id FROM jobs WHERE status = 'running'")
            known = {row["id"] for row in await arena.db.fetch("SELECT id FROM jobs")}
            assert before
            assert running
            await arena.start("scheduler")
            await arena.start("worker", "--threads", "8")

            async def all_ended():
                left = await arena.db.fetchval(
                    "SELECT count(*) FROM jobs WHERE id = ANY($1) AND finished_at IS NULL", known
                )
                assert not left, f"{left} jobs have not ended"
                return await arena.db.fetchval(
                    "SELECT count(*) >= 2 FROM schedule_fires f WHERE NOT f.job_id = ANY($1)", known
                )

            await eventually(all_ended, within=60)
            await arena.db.execute("UPDATE schedules SET paused_at = now()")
            await arena.supervisor.stop()

            assert {
                row["status"]
                for row in await arena.db.fetch("SELECT status FROM jobs WHERE id = ANY($1)", known)
            } == {"success"}
            twice = await arena.db.fetch(
                f"SELECT job_id FROM ({RAN}) AS r GROUP BY job_id HAVING count(*) > 1"
            )
            # A job that had its effect and not yet its outcome is run again: at least once.
            assert {row["job_id"] for row in twice} <= {row["id"] for row in running}
            assert await arena.db.fetch(AFTER["I5 an attempt that ran twice"]) == []
            async with arena.deps.db.connect() as connection:
                assert await broken(connection) == {}
            extent, _ = await cursor_of(arena.deps.redis)
            assert not extent.covers(cursor)  # who was connected before reloads what it shows
