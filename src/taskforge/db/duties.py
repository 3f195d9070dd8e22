"""How the schedulers' duties fare: a row each, written by all of them."""

from collections.abc import Sequence
from typing import NamedTuple

import msgspec
from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncConnection

from taskforge.core.duties import DUTIES, REPORT_SECONDS, About, DutyView
from taskforge.db.engine import dump_json

# In the order of names, so that two schedulers wait for each other and never in a circle.
_RECORD = text("""
INSERT INTO duties AS d (name, every_seconds, ran_at, seconds, did, ok, passes, total, error,
                         failed_at, scheduler)
SELECT r.name, r.every_seconds, clock_timestamp() - r.age * interval '1 s', r.seconds, r.did, r.ok,
       r.passes, r.total, r.error, clock_timestamp() - r.failed_age * interval '1 s', :scheduler
FROM json_to_recordset(CAST(:reports AS json)) AS r(
    name text, every_seconds float8, age float8, seconds float8, did bigint, ok boolean,
    passes bigint, total bigint, error text, failed_age float8)
ORDER BY r.name
ON CONFLICT (name) DO UPDATE SET
    every_seconds = EXCLUDED.every_seconds, ran_at = EXCLUDED.ran_at, seconds = EXCLUDED.seconds,
    did = EXCLUDED.did, ok = EXCLUDED.ok, passes = d.passes + EXCLUDED.passes,
    total = d.total + EXCLUDED.total, error = COALESCE(EXCLUDED.error, d.error),
    failed_at = COALESCE(EXCLUDED.failed_at, d.failed_at), scheduler = EXCLUDED.scheduler
""")
_LIST = text("""
SELECT *, GREATEST(0, extract(epoch FROM clock_timestamp() - ran_at)
                      - every_seconds - seconds - :report)::float8 AS lag_seconds
FROM duties
""")


_LAST_TICK = text("""
SELECT extract(epoch FROM clock_timestamp() - ran_at)::float8, scheduler
FROM duties ORDER BY ran_at DESC LIMIT 1
""")


class Tick(NamedTuple):
    """The last pass of any duty that anybody has told of."""

    age_seconds: float
    """Up to REPORT_SECONDS more than since the last one there was."""
    scheduler: str
    """Who told: host and process."""


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """The passes of one duty in one scheduler since it told of them last."""

    name: str
    every_seconds: float
    age: float
    """Seconds since the last of them ended."""
    seconds: float
    """How long that one took."""
    did: int
    """How much that one did."""
    ok: bool
    passes: int
    total: int
    """How much all of them did."""
    error: str | None = None
    """Of the last one that failed."""
    failed_age: float | None = None
    """Seconds since then."""


async def record_duties(
    connection: AsyncConnection, reports: Sequence[Report], *, scheduler: str
) -> None:
    """Write down how duties fare; numbers of several schedulers add up."""
    values = {"reports": dump_json(reports), "scheduler": scheduler}
    await connection.execute(_RECORD, values)


async def last_tick(connection: AsyncConnection) -> Tick | None:
    """When schedulers last did anything; None where none ever has (R-95)."""
    row = (await connection.execute(_LAST_TICK)).one_or_none()
    return Tick(*row) if row else None


async def list_duties(connection: AsyncConnection) -> list[DutyView]:
    """Every duty there is, those of which no scheduler has told included."""
    rows = (await connection.execute(_LIST, {"report": REPORT_SECONDS})).mappings()
    told = {row["name"]: row for row in rows}
    return [_view(name, about, told.get(name)) for name, about in DUTIES.items()]


_KNOWN = [name for name in DutyView.__struct_fields__ if name not in ("name", "words", "upkeep")]


def _view(name: str, about: About, row: RowMapping | None) -> DutyView:
    fields = {field: row[field] if row else None for field in _KNOWN}
    return DutyView(name=name, words=about.says, upkeep=about.upkeep, **fields)
