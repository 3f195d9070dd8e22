"""What an installation spends: processor time of each part, and bytes that it writes."""

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import asyncpg
import psutil

from ops.bench.stack import Stack

_SIZES = """
SELECT sum(pg_total_relation_size(oid))::bigint, sum(pg_indexes_size(oid))::bigint
FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
"""
_WAL = "SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::bigint"


class Look(NamedTuple):
    """Totals since the beginning."""

    cpu: dict[str, float]
    """Seconds, by part."""
    database: int
    """Bytes of all tables, their indexes and what is stored beside them."""
    indexes: int
    wal: int
    log: int

    def since(self, before: "Look") -> "Look":
        """What came after an earlier look."""
        cpu = {name: seconds - before.cpu[name] for name, seconds in self.cpu.items()}
        rest = (mine - theirs for mine, theirs in zip(self[1:], before[1:], strict=True))
        return Look(cpu, *rest)


class Meter:
    """Looks at the parts of a stack.

    Args:
        stack: whose.
        parts: processes, by the name of the part; those of PostgreSQL and Redis are found here.
        log: the file that the roles write to.
    """

    def __init__(self, stack: Stack, parts: Mapping[str, list[psutil.Process]], log: Path) -> None:
        self._stack = stack
        servers = stack.servers
        assert servers.postgres is not None
        assert servers.valkey is not None
        self._parts = {
            **parts,
            "PostgreSQL": servers.postgres.residents()[:1],
            "Redis": servers.valkey.residents()[:1],
        }
        self._log = log

    async def look(self, *, vacuum: bool = False) -> Look:
        """How much it is by now.

        Args:
            vacuum: first give back what is free at the ends of tables; it counts for nothing.
        """
        cpu = {name: sum(map(spent, found)) for name, found in self._parts.items()}
        connection = await asyncpg.connect(self._stack.database_url)
        try:
            wal = await connection.fetchval(_WAL)
            if vacuum:
                await connection.execute("VACUUM")
            database, indexes = await connection.fetchrow(_SIZES) or (0, 0)
        finally:
            await connection.close()
        return Look(cpu, database, indexes, wal, self._log.stat().st_size)


def spent(process: psutil.Process) -> float:
    """Seconds of processor time of a process and all its children, those that have ended too."""
    return sum(sum(it.cpu_times()[:4]) for it in tree(process))


def tree(process: psutil.Process) -> list[psutil.Process]:
    """A process and all below it."""
    return [process, *process.children(recursive=True)]
