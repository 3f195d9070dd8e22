"""The log of webhook deliveries: listed newest first, sent again, pruned."""

from datetime import datetime
from typing import Annotated, NamedTuple
from uuid import UUID

import msgspec
from msgspec import Meta
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from taskforge.core.history import Delivery
from taskforge.core.webhook import Status

Moment = Annotated[datetime, Meta(tz=True)]

_COLUMNS = """
d.id, d.event, d.url, d.status, d.attempts, d.created_at, d.next_at, d.delivered_at, d.last_status,
d.last_error, d.signed, d.job_id, d.job_version, d.user_id, d.endpoint, d.last_response
"""

_WANTED = """
    (CAST(:status AS text) IS NULL OR d.status = :status)
    AND (CAST(:job_id AS uuid) IS NULL OR d.job_id = :job_id)
    AND (CAST(:endpoint AS uuid) IS NULL OR d.endpoint = :endpoint)
    AND (CAST(:since AS timestamptz) IS NULL OR d.created_at >= :since)
    AND (CAST(:until AS timestamptz) IS NULL OR d.created_at < :until)
"""

_LIST = text(f"""
SELECT {_COLUMNS} FROM webhook_deliveries d
WHERE {_WANTED} AND (CAST(:after AS uuid) IS NULL OR (d.created_at, d.id) < (
    SELECT created_at, id FROM webhook_deliveries WHERE id = :after))
ORDER BY d.created_at DESC, d.id DESC LIMIT :limit
""")

_ONE = text(f"SELECT {_COLUMNS} FROM webhook_deliveries d WHERE d.id = :id")

# Sending again says that the receiver is well: its breaker closes, and its lane may be taken. What
# is due while somebody serves its receiver is under way, or will be in a moment.
_AGAIN = text(f"""
WITH picked AS MATERIALIZED (
    SELECT d.id, d.endpoint FROM webhook_deliveries d
    WHERE {_WANTED} AND (CAST(:id AS uuid) IS NULL OR d.id = :id)
      AND (d.status <> 'pending' OR d.next_at > clock_timestamp() OR NOT EXISTS (
           SELECT 1 FROM webhook_endpoints e
           WHERE e.id = d.endpoint AND e.lease_until > clock_timestamp()))
    ORDER BY d.created_at, d.id LIMIT :limit FOR UPDATE SKIP LOCKED
),
mended AS (
    UPDATE webhook_endpoints e
    SET failures = 0, open_until = NULL, disabled_at = NULL, reason = NULL
    FROM (SELECT DISTINCT endpoint FROM picked) AS p WHERE e.id = p.endpoint
)
UPDATE webhook_deliveries d
SET status = 'pending', attempts = 0, next_at = clock_timestamp(), delivered_at = NULL
FROM picked WHERE d.id = picked.id
""")

_PRUNE = text("""
DELETE FROM webhook_deliveries WHERE id = ANY(ARRAY(
    SELECT id FROM webhook_deliveries
    WHERE created_at < statement_timestamp() - :days * interval '1 day' AND status <> 'pending'
    ORDER BY created_at LIMIT :limit FOR UPDATE SKIP LOCKED))
""")


class DeliveryFilters(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What to list or send again; every part narrows."""

    status: Status | None = None
    job_id: UUID | None = None
    endpoint: UUID | None = None
    since: Moment | None = None
    """Owed from this moment on."""
    until: Moment | None = None
    """Owed before this moment."""

    def scope(self) -> bytes:
        """A canonical form, equal for equal filters, for `core.cursor`."""
        return b"deliveries" + msgspec.json.encode(self, order="deterministic")


class DeliveryList(NamedTuple):
    """A page, and where the next one starts."""

    items: list[Delivery]
    last: UUID | None
    """None when the list has ended."""


async def list_deliveries(
    connection: AsyncConnection, filters: DeliveryFilters, *, after: UUID | None, limit: int
) -> DeliveryList:
    """A page of the log, newest first."""
    values = {**msgspec.structs.asdict(filters), "after": after, "limit": limit + 1}
    rows = (await connection.execute(_LIST, values)).mappings()
    items = [Delivery(**row) for row in rows]
    return DeliveryList(items[:limit], items[limit - 1].id if len(items) > limit else None)


async def get_delivery(connection: AsyncConnection, delivery_id: UUID) -> Delivery | None:
    """One delivery; None when there is none."""
    row = (await connection.execute(_ONE, {"id": delivery_id})).mappings().first()
    return Delivery(**row) if row else None


async def redeliver(
    connection: AsyncConnection,
    filters: DeliveryFilters,
    *,
    only: UUID | None = None,
    limit: int,
) -> int:
    """Make deliveries due now, as if they had never been tried, but for those under way.

    Returns:
        How many.
    """
    values = {**msgspec.structs.asdict(filters), "id": only, "limit": limit}
    return (await connection.execute(_AGAIN, values)).rowcount


async def prune_deliveries(connection: AsyncConnection, *, days: float, limit: int) -> int:
    """Delete up to `limit` ended deliveries older than `days`; how many."""
    return (await connection.execute(_PRUNE, {"days": days, "limit": limit})).rowcount
