"""A stack of real processes for the bench: durable servers, one role after the other."""

import asyncio
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import BinaryIO

import asyncpg
import psutil

from ops.bench.wire import Wire
from taskforge.config import Settings, load
from taskforge.db.migrate import migrate
from taskforge.local.servers import Servers

ROOT = Path(__file__).resolve().parents[2]


class Stack:
    """Servers and roles of one run."""

    def __init__(self, folder: Path, servers: Servers) -> None:
        addresses = servers.addresses()
        self.folder = folder
        self.servers = servers
        self.environment = {
            **os.environ,
            **addresses,
            "SECRET_KEY": secrets.token_hex(32),
            "JWT_SECRET_KEY": secrets.token_hex(32),
            "TASKFORGE_JOB_MODULES": "ops.bench.jobs",
            "PYTHONPATH": str(ROOT),
            "RATE_LIMIT_REQUESTS": "100000000",
            "RATE_LIMIT_BULK_ITEMS": "1000000000",
            "LIVE_CONNECTIONS_PER_USER": "1000",
            "LIVE_CONNECTIONS_PER_ADDRESS": "1000",
            "LOG_LEVEL": "warning",
            "DATA_DIR": str(folder),
        }
        self.database_url = addresses["DATABASE_URL"]
        self.redis_url = addresses["REDIS_URL"]
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.stderr: BinaryIO | None = None
        """Where the roles' logs go; None: to ours."""
        self._processes: list[subprocess.Popen[bytes]] = []

    @property
    def settings(self) -> Settings:
        """The settings that the roles run with."""
        return load({k: v for k, v in self.environment.items() if k.isupper()})

    def start(self, role: str, *arguments: str) -> psutil.Process:
        """Start a role; it is stopped with the stack."""
        command = [sys.executable, "-m", "taskforge", role, *arguments]
        process = subprocess.Popen(
            command, env=self.environment, cwd=self.folder, stderr=self.stderr
        )
        self._processes.append(process)
        return psutil.Process(process.pid)

    def stop(self, process: psutil.Process, by: signal.Signals = signal.SIGTERM) -> None:
        """Stop one role."""
        own = next(it for it in self._processes if it.pid == process.pid)
        own.send_signal(by)
        own.wait(60)
        self._processes.remove(own)

    async def start_api(self, port: int | None = None) -> psutil.Process:
        """Start an API process, on the stack's port or a further one, and wait for its answer."""
        port = port or self.port
        process = self.start("api", "--port", str(port))
        while True:
            try:
                async with Wire(f"http://127.0.0.1:{port}") as wire:
                    if (await wire.send(wire.request("GET", "/health/ready"))).status == 200:
                        return process
            except OSError:
                pass
            await asyncio.sleep(0.05)

    async def query(self, statement: str, *values: object) -> list[asyncpg.Record]:
        """Ask the database."""
        connection = await asyncpg.connect(self.database_url)
        try:
            return await connection.fetch(statement, *values)
        finally:
            await connection.close()

    async def until(self, statement: str, wanted: object, seconds: float = 300) -> None:
        """Wait until a query's single value is `wanted`."""
        async with asyncio.timeout(seconds):
            while (await self.query(statement))[0][0] != wanted:
                await asyncio.sleep(0.1)

    async def empty(self) -> None:
        """Forget all jobs."""
        await self.query(
            "TRUNCATE jobs, job_details, job_tags, job_results, job_events, job_attempts, job_logs,"
            " job_deltas, job_counts, job_minutes, job_sketches, idempotency_keys"
        )

    def close(self) -> None:
        """Stop every role."""
        for process in self._processes:
            process.send_signal(signal.SIGTERM)
        for process in self._processes:
            process.wait(60)


@asynccontextmanager
async def stack() -> AsyncGenerator[Stack]:
    """Servers with all durability on, migrated; everything is gone in the end."""
    folder = Path(tempfile.mkdtemp(prefix="tf-bench-"))
    servers = Servers(folder)
    await servers.start()
    try:
        one = Stack(folder, servers)
        await migrate(one.settings)
        try:
            yield one
        finally:
            one.close()
    finally:
        await servers.stop()
        shutil.rmtree(folder, ignore_errors=True)


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
