"""The embedded PostgreSQL: on a Unix socket only, and durable."""

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import psutil
from sqlalchemy import URL, NullPool, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from taskforge.local.account import lent, server_account
from taskforge.local.errors import CannotStart
from taskforge.local.process import Server
from taskforge.local.wheels import POSTGRES_MAJOR, postgres_program

ROLE = "taskforge"
"""Owns the database and is no superuser: what can be reached through SQL ends at our own tables."""
SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "200",
    "shared_buffers": "256MB",
    "max_wal_size": "2GB",
    "checkpoint_timeout": "15min",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "fsync": "on",
    "synchronous_commit": "on",
}
THROWAWAY = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
"""For data that nobody will miss: tests."""


class Postgres(Server):
    """One PostgreSQL cluster.

    Args:
        data_dir: the cluster lives in its folder `postgres`.
        sockets: a short path to `data_dir`, from `socket_root`.
        throwaway: give up durability.
    """

    name = "PostgreSQL"
    program = "postgres"
    signals = (signal.SIGINT, signal.SIGQUIT)  # fast, then immediate shutdown

    def __init__(self, data_dir: Path, sockets: Path, *, throwaway: bool = False) -> None:
        super().__init__(data_dir / "postgres", data_dir / "logs" / "postgres.log")
        self._socket_dir = sockets / "postgres"
        self._settings = SETTINGS | (THROWAWAY if throwaway else {})
        self._account = server_account(self.home)

    def url(self, database: str) -> str:
        """The address of a database of this cluster."""
        return f"postgresql://{ROLE}@/{database}?host={self._socket_dir}"

    def argv(self) -> list[str]:
        """`postgres` in the foreground, as the account that owns the cluster."""
        options = self._settings | {"unix_socket_directories": str(self._socket_dir)}
        program = postgres_program("postgres")
        settings = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
        command = [str(program), "-D", str(self.home), *settings]
        return lent(self._account, command, program, self.home)

    async def prepare(self) -> None:
        """Make the cluster when there is none.

        Raises:
            CannotStart: it cannot be made, or another release of PostgreSQL made it.
        """
        if not self.home.exists():
            self._make_cluster()
        self._check_release()
        self._forget_reused_pid()

    async def answers(self) -> bool:
        """Whether it accepts connections."""
        try:
            async with self._connected() as connection:
                return await connection.scalar(select(1)) == 1
        except (OSError, DBAPIError):
            return False

    async def ensure_database(self, name: str) -> None:
        """Make our role and the database `name` when they are missing."""
        async with self._connected() as connection:
            roles = text("SELECT 1 FROM pg_roles WHERE rolname = :name")
            if not await connection.scalar(roles, {"name": ROLE}):
                await connection.execute(text(f"CREATE ROLE {ROLE} LOGIN CREATEDB"))
            databases = text("SELECT 1 FROM pg_database WHERE datname = :name")
            if not await connection.scalar(databases, {"name": name}):
                await connection.execute(text(f'CREATE DATABASE "{name}" OWNER {ROLE}'))

    @asynccontextmanager
    async def _connected(self) -> AsyncGenerator[AsyncConnection]:
        """A connection as the superuser, in autocommit."""
        engine = create_async_engine(
            URL.create(
                "postgresql+asyncpg",
                username="postgres",
                database="postgres",
                query={"host": str(self._socket_dir)},
            ),
            isolation_level="AUTOCOMMIT",
            poolclass=NullPool,
            connect_args={"timeout": 10},
        )
        async with engine.connect() as connection:
            yield connection

    def _make_cluster(self) -> None:
        """Run initdb beside the final place and rename: a cluster exists whole, or not at all."""
        for left in self.home.parent.glob(f"{self.home.name}.new-*"):
            shutil.rmtree(left, ignore_errors=True)
        fresh = Path(tempfile.mkdtemp(prefix=f"{self.home.name}.new-", dir=self.home.parent))
        if self._account is not None:
            os.chown(fresh, self._account.pw_uid, self._account.pw_gid)
        program = postgres_program("initdb")
        options = ["--username=postgres", "--auth-local=trust", "--auth-host=reject"]
        locale = ["--encoding=UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        command = [str(program), "-D", str(fresh), *options, *locale, "--locale=C"]
        made = subprocess.run(  # noqa: S603 - the program comes from a wheel of ours
            lent(self._account, command, program, fresh),
            check=False,
            capture_output=True,
            text=True,
        )
        if made.returncode != 0:
            raise CannotStart(f"PostgreSQL could not make a cluster: {made.stderr.strip()}")
        fresh.rename(self.home)

    def _check_release(self) -> None:
        try:
            release = (self.home / "PG_VERSION").read_text().strip()
        except OSError as error:
            raise CannotStart(f"{self.home} is no cluster of ours: {error.strerror}") from error
        if release != str(POSTGRES_MAJOR):
            raise CannotStart(
                f"{self.home} was made by PostgreSQL {release}, and this is {POSTGRES_MAJOR}: "
                "dump it with its own release, or move it away"
            )

    def _forget_reused_pid(self) -> None:
        """Remove lock files of a dead server whose pid some other program has now.

        PostgreSQL removes them itself when no process has that pid. When one has, it refuses to
        start; but no PostgreSQL runs in this home, or `stop` would have ended it.
        """
        for lock in (self.home / "postmaster.pid", self.home / ".s.PGSQL.5432.lock"):
            if lock.exists() and _is_alive(lock.read_text().partition("\n")[0]):
                lock.unlink()


def _is_alive(pid: str) -> bool:
    return pid.isdecimal() and psutil.pid_exists(int(pid))
