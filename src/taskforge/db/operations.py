"""Bulk operations as people see them: asked for, looked at, stopped, forgotten.

What carries them out is in `operation_work.py`.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Annotated, Any, NamedTuple
from uuid import UUID

import msgspec
from msgspec import Meta
from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncConnection

from taskforge.core.ids import new_id
from taskforge.core.operation import (
    LIVE,
    OperationAction,
    OperationStatus,
    Outcome,
    Reason,
    StopReason,
)
from taskforge.core.people import KeyScope, Principal
from taskforge.core.priority import BY_RANK, Priority
from taskforge.core.states import JobStatus
from taskforge.db.engine import dump_json
from taskforge.db.job_filters import JobFilters, Word
from taskforge.db.story import listed

MAX_TYPES = 20


class OperationFilter(JobFilters, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which jobs an operation is for; every part narrows, as in the list of jobs."""

    type: Annotated[frozenset[Word], Meta(max_length=MAX_TYPES)] = frozenset()


class OperationView(msgspec.Struct, frozen=True, kw_only=True):
    """A bulk operation as it stands."""

    id: UUID
    action: OperationAction
    priority: Priority | None
    """The new one; null unless the action is `reprioritise`."""
    filter: OperationFilter | None
    """Which jobs; null when they were named."""
    named: int | None
    """How many jobs were named; null with a filter."""
    reason: str | None
    """What for, in the words of who asked."""
    created_by: UUID
    actor: str | None
    """The user name as it is now."""
    api_key_id: UUID | None
    """Set when a key asked."""
    created_at: datetime
    """With a filter, only jobs that were created before are touched."""
    status: OperationStatus
    total: int | None
    """Jobs to look at: counted at the beginning, corrected at the end; null before, and when
    there are too many to be counted at once."""
    done: int
    skipped: int
    failed: int
    rate_per_second: float | None
    """Jobs looked at; null until there are some."""
    expected_at: datetime | None
    """When it will be through, if it goes on like this; null when that cannot be told."""
    started_at: datetime | None
    finished_at: datetime | None
    stop_reason: StopReason | None
    """Why it ended before it was through."""
    stopped_by: str | None


class OperationItem(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one job."""

    job_id: UUID
    outcome: Outcome
    reason: Reason | None
    """Null when it was done."""
    status: JobStatus | None
    """The job's, when its turn came; null when it was not found."""


class NewOperation(NamedTuple):
    """What is asked for; either `job_ids` or `filter` is given."""

    action: OperationAction
    priority: Priority | None
    job_ids: Sequence[UUID] | None
    filter: OperationFilter | None
    reason: str | None


_IN_TURN = text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))")
_LIVE = f"status IN {listed(LIVE)}"
_COLUMNS = """
o.id, o.action, o.priority, o.filter::text AS filter, cardinality(o.job_ids) AS named, o.reason,
o.created_by, u.username AS actor, o.api_key_id, o.created_at, o.status, o.total, o.done,
o.skipped, o.failed, o.started_at, o.progress_at, o.finished_at, o.stop_reason, o.stopped_by
"""
_ADD = text(f"""
WITH o AS (
    INSERT INTO operations (id, action, priority, job_ids, filter, scope, reason, created_by,
                            api_key_id, total)
    SELECT :id, :action, CAST(:rank AS smallint), CAST(:job_ids AS uuid[]),
           CAST(:filter AS jsonb), CAST(:scope AS jsonb), :reason, :created_by,
           CAST(:api_key_id AS uuid), cardinality(CAST(:job_ids AS uuid[]))
    WHERE :most > (SELECT count(*) FROM operations WHERE created_by = :created_by AND {_LIVE})
    RETURNING *
)
SELECT {_COLUMNS} FROM o JOIN users u ON u.id = o.created_by
""")
_GET = text(f"""
SELECT {_COLUMNS} FROM operations o LEFT JOIN users u ON u.id = o.created_by WHERE o.id = :id
""")
_LIST = text(f"""
SELECT {_COLUMNS} FROM operations o LEFT JOIN users u ON u.id = o.created_by
WHERE CAST(:after AS uuid) IS NULL OR o.id < :after ORDER BY o.id DESC LIMIT :limit
""")
_STOP = text(f"""
UPDATE operations SET status = 'stopped', stop_reason = 'asked', stopped_by = :actor,
    finished_at = clock_timestamp()
WHERE id = :id AND {_LIVE} RETURNING id
""")
_ITEMS = """
SELECT job_id, outcome, reason, status FROM operation_items
WHERE operation_id = :id AND (CAST(:after AS uuid) IS NULL OR job_id < :after) {only}
ORDER BY job_id DESC LIMIT :limit
"""
_ALL_ITEMS = text(_ITEMS.format(only=""))
# In the words of their index, which has what was not done.
_DONE_ITEMS = text(_ITEMS.format(only="AND outcome = 'done'"))
_UNDONE_ITEMS = text(_ITEMS.format(only="AND outcome = :outcome AND outcome <> 'done'"))
_OVER = "finished_at < clock_timestamp() - :days * interval '1 day'"
_PRUNE_ITEMS = text(f"""
DELETE FROM operation_items WHERE ctid = ANY(ARRAY(
    SELECT i.ctid FROM operations o JOIN operation_items i ON i.operation_id = o.id
    WHERE o.{_OVER} LIMIT :limit FOR UPDATE OF i SKIP LOCKED))
""")
_PRUNE = text(f"""
DELETE FROM operations WHERE id = ANY(ARRAY(
    SELECT id FROM operations o WHERE {_OVER}
      AND NOT EXISTS (SELECT FROM operation_items i WHERE i.operation_id = o.id)
    LIMIT :limit FOR UPDATE SKIP LOCKED))
""")
_filters = msgspec.json.Decoder(OperationFilter)


async def add_operation(
    connection: AsyncConnection, new: NewOperation, by: Principal, *, most: int
) -> OperationView | None:
    """Note what is asked for; None when the account has `most` live operations already.

    Args:
        connection: in a transaction: two of one account are counted one after the other.
        new: already checked.
        by: who asks; what its API key is narrowed to is kept with it.
        most: live operations that an account may have.
    """
    await connection.execute(_IN_TURN, {"key": f"operations:{by.user_id}"})
    values = {
        "id": new_id(),
        "action": new.action.value,
        "rank": None if new.priority is None else new.priority.rank,
        "job_ids": None if new.job_ids is None else list(new.job_ids),
        "filter": None if new.filter is None else dump_json(new.filter),
        "scope": _reach(by.scope),
        "reason": new.reason,
        "created_by": by.user_id,
        "api_key_id": by.api_key_id,
        "most": most,
    }
    row = (await connection.execute(_ADD, values)).mappings().first()
    return None if row is None else _view(row)


async def get_operation(connection: AsyncConnection, operation_id: UUID) -> OperationView | None:
    """An operation; None when there is none."""
    row = (await connection.execute(_GET, {"id": operation_id})).mappings().first()
    return None if row is None else _view(row)


async def list_operations(
    connection: AsyncConnection, *, after: UUID | None, limit: int
) -> list[OperationView]:
    """Operations, newest first."""
    rows = (await connection.execute(_LIST, {"after": after, "limit": limit})).mappings()
    return [_view(row) for row in rows]


async def list_items(
    connection: AsyncConnection,
    operation_id: UUID,
    *,
    outcome: Outcome | None,
    after: UUID | None,
    limit: int,
) -> list[OperationItem]:
    """What became of the jobs so far, the newest job first."""
    values: dict[str, Any] = {"id": operation_id, "after": after, "limit": limit}
    statement = _ALL_ITEMS if outcome is None else _DONE_ITEMS
    if outcome not in (None, Outcome.DONE):
        statement, values = _UNDONE_ITEMS, values | {"outcome": outcome}
    rows = (await connection.execute(statement, values)).mappings()
    return [msgspec.convert({**row}, OperationItem) for row in rows]


async def stop_operation(connection: AsyncConnection, operation_id: UUID, actor: str) -> bool:
    """Stop an operation once the batch under way has ended; whether it was live."""
    row = await connection.execute(_STOP, {"id": operation_id, "actor": actor})
    return row.first() is not None


async def prune_operations(connection: AsyncConnection, *, days: float, limit: int) -> int:
    """Delete what ended more than `days` ago: up to `limit` items and `limit` operations.

    How many rows; an operation goes after its last item.
    """
    values = {"days": days, "limit": limit}
    items = (await connection.execute(_PRUNE_ITEMS, values)).rowcount
    return items + (await connection.execute(_PRUNE, values)).rowcount


def _reach(scope: KeyScope | None) -> str | None:
    if scope is None or (scope.types is None and scope.priorities is None):
        return None
    return dump_json(KeyScope(types=scope.types, priorities=scope.priorities))


def _view(row: RowMapping) -> OperationView:
    fields: dict[str, Any] = {**row}
    progress_at: datetime | None = fields.pop("progress_at")
    processed = row["done"] + row["skipped"] + row["failed"]
    rate = None
    if processed and progress_at is not None:
        seconds = (progress_at - row["started_at"]).total_seconds()
        rate = round(processed / max(seconds, 0.001), 1)
    status = OperationStatus(row["status"])
    expected_at = None
    if status is OperationStatus.RUNNING and rate and progress_at and row["total"] is not None:
        left = max(row["total"] - processed, 0)
        expected_at = progress_at + timedelta(seconds=left / rate)
    stop_reason: str | None = row["stop_reason"]
    fields |= {
        "action": OperationAction(row["action"]),
        "priority": None if row["priority"] is None else BY_RANK[row["priority"]],
        "filter": None if row["filter"] is None else _filters.decode(row["filter"]),
        "status": status,
        "rate_per_second": rate,
        "expected_at": expected_at,
        "stop_reason": None if stop_reason is None else StopReason(stop_reason),
    }
    return OperationView(**fields)
