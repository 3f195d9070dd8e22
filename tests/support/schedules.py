"""Schedules in the tables, as their owners leave them, and what became of them."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from taskforge.core.ids import new_id

HOUR = timedelta(hours=1)


async def plant(db: Any, n: int = 1, *, ago: float = 0.5, **fields: Any) -> list[UUID]:
    """Put `n` hourly schedules there whose next moment was `ago` seconds before now; their ids.

    Args:
        db: an asyncpg connection or pool.
        n: how many.
        ago: seconds.
        fields: columns of `schedules`; `template` as a dictionary.
    """
    due = datetime.now(UTC) - timedelta(seconds=ago)
    at, name = fields.setdefault("next_fire_at", due), fields.pop("name", None)
    values: dict[str, Any] = {
        "cron": None, "interval_seconds": None if "cron" in fields else 3_600.0, "timezone": "UTC",
        "overlap": "allow", "missed": "run_once", "jitter_seconds": 0.0, "starts_at": None,
        "ends_at": None, "due_at": at, "paused_at": None, "created_by": None,
        "created_at": at and at - HOUR, **fields,
    }  # fmt: skip
    values.setdefault("template", {"type": "noop"})
    ids = [new_id() for _ in range(n)]
    rows = [{"id": it, "name": name or f"s-{it.hex[-12:]}", **values} for it in ids]
    columns = ", ".join(rows[0])
    await db.execute(
        f"INSERT INTO schedules ({columns}) SELECT {columns} FROM"
        " json_populate_recordset(CAST(NULL AS schedules), CAST($1::text AS json))",
        msgspec.json.encode(rows).decode(),
    )
    return ids


async def fires_of(db: Any, schedule_id: UUID) -> list[Any]:
    """Its fires, in order."""
    return await db.fetch(
        "SELECT * FROM schedule_fires WHERE schedule_id = $1 ORDER BY fire_at", schedule_id
    )


async def jobs_of(db: Any, schedule_id: UUID) -> list[Any]:
    """Its jobs, in order, with their details."""
    return await db.fetch(
        "SELECT j.*, d.* FROM jobs j JOIN job_details d ON d.job_id = j.id"
        " WHERE schedule_id = $1 ORDER BY j.id",
        schedule_id,
    )
