"""Carrying bulk operations out, batch by batch: each statement is for the duty's transaction.

Whoever holds the lock on an operation's row works on it, and nobody else does. How far it has come
is written in the transaction that does the deeds, so whoever takes over goes on exactly there.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from taskforge.core.operation import (
    LIVE,
    OperationAction,
    OperationStatus,
    Outcome,
    Reason,
    StopReason,
)
from taskforge.core.people import KeyScope, Principal, Role
from taskforge.core.priority import BY_RANK, Priority
from taskforge.core.states import JobStatus
from taskforge.db.operations import OperationFilter
from taskforge.db.story import listed

BATCH_SECONDS = 3
"""Longest that a statement of a batch may take: somebody may wait to stop the operation."""
LONGEST_PAUSE_SECONDS = 30.0

_LIVE = f"status IN {listed(LIVE)}"
_BOUND = text(f"SET LOCAL statement_timeout = '{BATCH_SECONDS}s'")
_TAKE = text(f"""
SELECT id, action, priority, job_ids, filter::text AS filter, scope::text AS scope, created_by,
       api_key_id, created_at, status, last_job_id, setbacks
FROM operations WHERE {_LIVE} AND due_at <= clock_timestamp()
ORDER BY due_at, id LIMIT 1 FOR UPDATE SKIP LOCKED
""")
_CREATOR = text("""
SELECT u.username, u.role, u.active, k.revoked_at IS NOT NULL AS key_revoked
FROM users u LEFT JOIN api_keys k ON k.id = CAST(:api_key_id AS uuid) WHERE u.id = :user_id
""")
_BEGIN = text("""
UPDATE operations SET status = 'running', started_at = clock_timestamp(), total = :total,
    due_at = clock_timestamp()
WHERE id = :id
""")
_ADD_ITEMS = text("""
INSERT INTO operation_items (operation_id, job_id, outcome, reason, status)
SELECT CAST(:id AS uuid), i.* FROM unnest(
    CAST(:job_ids AS uuid[]), CAST(:outcomes AS text[]), CAST(:reasons AS text[]),
    CAST(:statuses AS text[])) AS i
""")
_ADVANCE = text("""
UPDATE operations SET done = done + :done, skipped = skipped + :skipped, failed = failed + :failed,
    last_job_id = COALESCE(CAST(:last AS uuid), last_job_id), setbacks = greatest(setbacks - 1, 0),
    due_at = clock_timestamp(), progress_at = clock_timestamp()
WHERE id = :id
""")
_END = text(f"""
UPDATE operations SET status = :status, stop_reason = CAST(:why AS text),
    finished_at = clock_timestamp(),
    total = CASE WHEN :status = 'done' THEN done + skipped + failed ELSE total END
WHERE id = :id AND {_LIVE}
RETURNING done, skipped, failed
""")
_SET_BACK = text(f"""
UPDATE operations SET setbacks = setbacks + 1,
    due_at = clock_timestamp() + interval '1 second' * least(0.25 * 2 ^ setbacks, :longest)
WHERE id = :id AND {_LIVE}
RETURNING setbacks
""")
_filters = msgspec.json.Decoder(OperationFilter)
_scopes = msgspec.json.Decoder(KeyScope)


class Work(NamedTuple):
    """An operation that this transaction works on."""

    id: UUID
    action: OperationAction
    priority: Priority | None
    job_ids: list[UUID] | None
    filter: OperationFilter | None
    scope: KeyScope | None
    """What the API key that asked was narrowed to."""
    created_by: UUID
    api_key_id: UUID | None
    created_at: datetime
    status: OperationStatus
    last_job_id: UUID | None
    """The last one that was looked at."""
    setbacks: int
    """Batches that failed, less those that went well since."""


class Creator(NamedTuple):
    """Who asked for an operation, as of now."""

    principal: Principal
    active: bool
    key_revoked: bool


class Item(NamedTuple):
    """What became of one job."""

    job_id: UUID
    reason: Reason | None
    """None: it was done."""
    status: JobStatus | None

    @property
    def outcome(self) -> Outcome:
        """In a word."""
        return Outcome.DONE if self.reason is None else self.reason.outcome


async def take(connection: AsyncConnection) -> Work | None:
    """Lock the operation that has waited longest for its next batch; None when none waits.

    From here on the transaction's statements are bounded by `BATCH_SECONDS`.
    """
    await connection.execute(_BOUND)
    row = (await connection.execute(_TAKE)).mappings().first()
    if row is None:
        return None
    fields: dict[str, Any] = {**row}
    fields |= {
        "action": OperationAction(row["action"]),
        "priority": None if row["priority"] is None else BY_RANK[row["priority"]],
        "filter": None if row["filter"] is None else _filters.decode(row["filter"]),
        "scope": None if row["scope"] is None else _scopes.decode(row["scope"]),
        "status": OperationStatus(row["status"]),
    }
    return Work(**fields)


async def creator_of(connection: AsyncConnection, work: Work) -> Creator | None:
    """Who asked for it; None when the account is gone."""
    values = {"user_id": work.created_by, "api_key_id": work.api_key_id}
    row = (await connection.execute(_CREATOR, values)).first()
    if row is None:
        return None
    by = Principal(
        work.created_by,
        row.username,
        Role(row.role),
        api_key_id=work.api_key_id,
        scope=work.scope,
        operation_id=work.id,
    )
    return Creator(by, row.active, row.key_revoked)


async def begin(connection: AsyncConnection, work: Work, *, total: int | None) -> None:
    """Start the clock."""
    await connection.execute(_BEGIN, {"id": work.id, "total": total})


async def advance(
    connection: AsyncConnection, work: Work, items: Sequence[Item], *, last: UUID | None
) -> None:
    """Note what became of these jobs, and how far the operation has come.

    Args:
        connection: in the transaction of the deeds.
        work: the operation.
        items: each job once.
        last: the next batch begins below this job; None when there is none.
    """
    if items:
        values = {
            "id": work.id,
            "job_ids": [item.job_id for item in items],
            "outcomes": [item.outcome for item in items],
            "reasons": [item.reason for item in items],
            "statuses": [item.status for item in items],
        }
        await connection.execute(_ADD_ITEMS, values)
    counts = Counter(item.outcome for item in items)
    changes = {outcome.value: counts[outcome] for outcome in Outcome}
    await connection.execute(_ADVANCE, {"id": work.id, "last": last, **changes})


async def end(
    connection: AsyncConnection,
    operation_id: UUID,
    status: OperationStatus,
    why: StopReason | None = None,
) -> Mapping[str, int] | None:
    """End an operation; how many jobs came out how, None when it has ended already."""
    values = {"id": operation_id, "status": status.value, "why": why and why.value}
    row = (await connection.execute(_END, values)).mappings().first()
    return None if row is None else {**row}


async def set_back(connection: AsyncConnection, operation_id: UUID) -> int:
    """After a batch that failed: put the next one off, longer each time; how often it was so far.

    0 when the operation has ended.
    """
    values = {"id": operation_id, "longest": LONGEST_PAUSE_SECONDS}
    return await connection.scalar(_SET_BACK, values) or 0
