"""Receivers of webhooks as people see them: listed, enabled again, forgotten."""

from typing import NamedTuple
from uuid import UUID

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from taskforge.core.webhook import Endpoint, EndpointState

COUNTED = 1_000
"""As far as what a receiver is owed is counted: a page costs the same, however long the backlog."""

_ENDPOINT = f"""
SELECT * FROM (
    SELECT id, url, user_id, failures, disabled_at, reason, last_success_at, last_failure_at,
           CASE WHEN open_until > clock_timestamp() THEN open_until END AS backing_off_until,
           CASE WHEN disabled_at IS NOT NULL THEN 'disabled'
                WHEN open_until > clock_timestamp() THEN 'backing_off' ELSE 'ok' END AS state
    FROM webhook_endpoints
) AS e CROSS JOIN LATERAL (
    SELECT count(*) AS pending FROM (
        SELECT 1 FROM webhook_deliveries d
        WHERE d.endpoint = e.id AND d.status = 'pending' LIMIT {COUNTED}) AS owed
) AS counted
"""

_LIST = text(f"""
{_ENDPOINT} WHERE (CAST(:state AS text) IS NULL OR state = :state)
AND (CAST(:after AS uuid) IS NULL OR id > :after) ORDER BY id LIMIT :limit
""")

_ONE = text(f"{_ENDPOINT} WHERE id = :id")

_LOCK = text("SELECT 1 FROM webhook_endpoints WHERE id = :id FOR UPDATE")

_ENABLE = text("""
UPDATE webhook_endpoints SET failures = 0, open_until = NULL, disabled_at = NULL, reason = NULL
WHERE id = :id
""")

_PRUNE = text("""
DELETE FROM webhook_endpoints WHERE id = ANY(ARRAY(
    SELECT e.id FROM webhook_endpoints e
    WHERE GREATEST(last_success_at, last_failure_at, open_until)
          < clock_timestamp() - :days * interval '1 day' AND owner IS NULL
      AND NOT EXISTS (
          SELECT 1 FROM webhook_deliveries d WHERE d.endpoint = e.id AND d.status = 'pending')
    LIMIT :limit FOR UPDATE SKIP LOCKED))
""")


class EndpointFilters(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What to list; every part narrows."""

    state: EndpointState | None = None

    def scope(self) -> bytes:
        """A canonical form, equal for equal filters, for `core.cursor`."""
        return b"endpoints" + msgspec.json.encode(self, order="deterministic")


class EndpointList(NamedTuple):
    """A page, and where the next one starts."""

    items: list[Endpoint]
    last: UUID | None
    """None when the list has ended."""


async def list_endpoints(
    connection: AsyncConnection, filters: EndpointFilters, *, after: UUID | None, limit: int
) -> EndpointList:
    """A page of receivers, in the order of their ids."""
    values = {**msgspec.structs.asdict(filters), "after": after, "limit": limit + 1}
    rows = (await connection.execute(_LIST, values)).mappings()
    items = [Endpoint(**row) for row in rows]
    return EndpointList(items[:limit], items[limit - 1].id if len(items) > limit else None)


async def lock_endpoint(connection: AsyncConnection, endpoint_id: UUID) -> Endpoint | None:
    """One receiver, as nobody changes it until the transaction ends; None when there is none."""
    await connection.execute(_LOCK, {"id": endpoint_id})
    return await get_endpoint(connection, endpoint_id)


async def get_endpoint(connection: AsyncConnection, endpoint_id: UUID) -> Endpoint | None:
    """One receiver; None when there is none."""
    row = (await connection.execute(_ONE, {"id": endpoint_id})).mappings().first()
    return Endpoint(**row) if row else None


async def enable_endpoint(connection: AsyncConnection, endpoint_id: UUID) -> None:
    """Let a receiver get webhooks again, from now on and without a pause."""
    await connection.execute(_ENABLE, {"id": endpoint_id})


async def prune_endpoints(connection: AsyncConnection, *, days: float, limit: int) -> int:
    """Forget up to `limit` receivers that were owed nothing and not called for `days`; how many."""
    return (await connection.execute(_PRUNE, {"days": days, "limit": limit})).rowcount
