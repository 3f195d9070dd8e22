"""The tables of ops/sizing.md, made of what `just bench sizing` measured."""

from collections.abc import Sequence
from math import ceil
from typing import NamedTuple

PARTS = ("API", "units", "scheduler", "PostgreSQL", "Redis")
RATES = (10, 100, 1_000, 10_000)
BUSY = 0.6
"""Of a processor, so that bursts and restarts find room."""
AT_LEAST = 2
"""Of each role, so that one may fail."""
RETENTION_DAYS = 30
_DAY_SECONDS = 86_400


class Cost(NamedTuple):
    """What a million jobs of one kind cost; bytes are of one job."""

    work: str
    jobs: int
    per_second: float
    """As many ended in a second, on the machine that measured."""
    cpu: dict[str, float]
    """Seconds, by part."""
    database: float
    """With indexes."""
    indexes: float
    wal: float
    log: float


class Held(NamedTuple):
    """Bytes in the memory of Redis."""

    base: int
    """Without jobs and without clients."""
    single: float = 0.0
    """Of a waiting job that was submitted by itself."""
    bulk: float = 0.0
    """Of one that came with many."""
    stream: int = 0
    """All of the event stream, when it is full."""
    frames: int = 0
    """Of which so many."""


class Seat(NamedTuple):
    """What one process takes."""

    name: str
    percent: float
    """Of a processor, without work."""
    memory: float
    """Bytes, its share of what processes have in common included (PSS)."""
    database: float
    """Connections to PostgreSQL, after all that work."""
    redis: float


def page(costs: Sequence[Cost], later: Sequence[Cost], held: Held, seats: Sequence[Seat]) -> str:
    """All tables, in Markdown.

    Args:
        costs: the last is the one that the last table is made of.
        later: what comes on top of each.
        held: in Redis.
        seats: of each role.
    """
    tables = (
        _costs([*costs, *later]),
        _writes([*costs, *later]),
        _held(held),
        _seats(seats),
        _needs(costs[-1], later, seats),
    )
    return "\n\n".join("\n".join(table) for table in tables)


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    return [f"| {' | '.join(row)} |" for row in (head, ["---"] * len(head), *rows)]


def _costs(costs: Sequence[Cost]) -> list[str]:
    rows = [
        [
            it.work,
            *(f"{it.cpu.get(part, 0):,.0f}" for part in PARTS),
            f"**{sum(it.cpu.values()):,.0f}**",
            f"{it.per_second:,.0f}",
        ]
        for it in costs
    ]
    return _table(["CPU seconds for 1,000,000 jobs", *PARTS, "sum", "jobs/s here"], rows)


def _writes(costs: Sequence[Cost]) -> list[str]:
    rows = [
        [it.work, *(f"{size:,.0f}" for size in (it.database, it.indexes, it.wal, it.log))]
        for it in costs
    ]
    return _table(["bytes of one job", "database", "of it indexes", "WAL", "log"], rows)


def _held(held: Held) -> list[str]:
    rows = [
        ["empty, nobody connected", _size(held.base)],
        ["a waiting job, submitted by itself", f"{held.single:,.0f} B"],
        ["a waiting job, submitted with many", f"{held.bulk:,.0f} B"],
        [f"event stream, full ({held.frames:,} events)", _size(held.stream)],
    ]
    return _table(["memory of Redis", ""], rows)


def _seats(seats: Sequence[Seat]) -> list[str]:
    rows = [
        [
            it.name.removesuffix("s"),
            f"{it.percent:.1f} %",
            _size(it.memory),
            f"{it.database:.0f}",
            f"{it.redis:.0f}",
        ]
        for it in seats
    ]
    head = ["one process", "CPU without work", "memory after it", "to PostgreSQL", "to Redis"]
    return _table(head, rows)


def _needs(cost: Cost, later: Sequence[Cost], seats: Sequence[Seat]) -> list[str]:
    """By the formulas of the page, for one way to use it."""
    all_of_it = (cost, *later)
    held = {it.name: it.database for it in seats}
    columns: list[list[str]] = []
    for rate in RATES:
        cores = {
            part: rate * sum(it.cpu.get(part, 0) for it in all_of_it) / 1e6 / BUSY for part in PARTS
        }
        api, units, schedulers = (
            max(ceil(cores[part]), AT_LEAST) for part in ("API", "units", "scheduler")
        )
        total = api * held["API"] + units * held["units"] + schedulers * held["scheduler"]
        kept = rate * _DAY_SECONDS * RETENTION_DAYS
        columns.append(
            [
                f"{api}",
                f"{units}",
                f"{schedulers}",
                f"{cores['PostgreSQL']:,.1f}",
                f"{cores['Redis']:,.2f}",
                f"{total:,.0f}",
                f"{rate * sum(it.wal for it in all_of_it) / 1e6:,.2f} MB/s",
                _size(kept * sum(it.database for it in all_of_it)),
            ]
        )
    names = (
        "API processes", "units, for the overhead alone", "schedulers", "processors for PostgreSQL",
        "processors for Redis", "connections to PostgreSQL", "WAL",
        f"database after {RETENTION_DAYS} days",
    )  # fmt: skip
    rows = [[name, *values] for name, values in zip(names, zip(*columns, strict=True), strict=True)]
    return _table(["jobs a second, day and night", *(f"{it:,}" for it in RATES)], rows)


def _size(size: float) -> str:
    for unit, factor in (("TB", 1e12), ("GB", 1e9), ("MB", 1e6)):
        if size >= factor:
            return f"{size / factor:,.1f} {unit}"
    return f"{size / 1e3:,.1f} kB"
