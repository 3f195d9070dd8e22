"""Webhook deliveries and their receivers: what is due, who serves it, how it went (S-32).

A receiver is served by one scheduler at a time, under a lease, so a hanging one holds a lane of its
own and nobody else's. Deliveries are `pending` until they are delivered or given up.
"""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID, uuid4

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from taskforge.core.ids import new_id
from taskforge.core.webhook import Course, Event

LANE_SECONDS = 60
"""How long a lane is ours without a word; more than one call may take."""

LANES_PER_ORIGIN = 10
"""Receivers of one host and port that are served at once: an address for each job would else let a
hanging host hold all lanes."""
ORIGIN = "lower(substring({} from '^[^/]+//[^/?]*'))"

STEPS, EARLIEST = 250, 500
"""How far one pass looks: receivers, and due deliveries."""

# Who may have something due: receivers of the earliest due deliveries, so that what waits for a
# retry costs nothing; and, for the case that those all wait behind breakers, receivers found by
# steps through the index, from its beginning and from anywhere, so that each has its turn.
_WALK = f"""
    (SELECT endpoint, 1 AS step FROM webhook_deliveries
     WHERE status = 'pending' AND endpoint > {{}} ORDER BY endpoint LIMIT 1)
    UNION ALL
    SELECT (SELECT d.endpoint FROM webhook_deliveries d
            WHERE d.status = 'pending' AND d.endpoint > w.endpoint ORDER BY d.endpoint LIMIT 1),
           w.step + 1
    FROM {{}} w WHERE w.endpoint IS NOT NULL AND w.step < {STEPS}
"""
_TAKE_LANES = text(f"""
WITH RECURSIVE first_ones AS ({_WALK.format("CAST(:zero AS uuid)", "first_ones")}),
any_ones AS ({_WALK.format("CAST(:anywhere AS uuid)", "any_ones")}),
earliest AS (
    SELECT endpoint FROM webhook_deliveries
    WHERE status = 'pending' AND next_at <= statement_timestamp()
    ORDER BY next_at LIMIT {EARLIEST}
),
waiting AS (
    SELECT endpoint FROM first_ones UNION SELECT endpoint FROM any_ones
    UNION SELECT endpoint FROM earliest
),
busy AS (
    SELECT {ORIGIN.format("url")} AS origin, count(*) AS lanes FROM webhook_endpoints
    WHERE owner IS NOT NULL AND lease_until > clock_timestamp() GROUP BY 1
),
due AS (
    SELECT w.endpoint, first.user_id, first.url, first.next_at,
           COALESCE(busy.lanes, 0) + row_number() OVER (
               PARTITION BY {ORIGIN.format("first.url")} ORDER BY first.next_at) AS nth
    FROM waiting w
    CROSS JOIN LATERAL (
        SELECT d.user_id, d.url, d.next_at FROM webhook_deliveries d
        WHERE d.status = 'pending' AND d.endpoint = w.endpoint ORDER BY d.next_at, d.id LIMIT 1
    ) AS first
    LEFT JOIN webhook_endpoints e ON e.id = w.endpoint
    LEFT JOIN busy ON busy.origin = {ORIGIN.format("first.url")}
    WHERE first.next_at <= clock_timestamp() AND e.disabled_at IS NULL
      AND (e.open_until IS NULL OR e.open_until <= clock_timestamp())
      AND (e.lease_until IS NULL OR e.lease_until <= clock_timestamp())
),
picked AS (
    SELECT endpoint, user_id, url FROM due WHERE nth <= {LANES_PER_ORIGIN}
    ORDER BY next_at LIMIT :limit
)
INSERT INTO webhook_endpoints AS e (id, user_id, url, owner, lease_until)
SELECT endpoint, user_id, url, CAST(:owner AS uuid),
       clock_timestamp() + interval '{LANE_SECONDS} seconds'
FROM picked ORDER BY endpoint
ON CONFLICT (id) DO UPDATE SET owner = excluded.owner, lease_until = excluded.lease_until
WHERE e.disabled_at IS NULL AND (e.lease_until IS NULL OR e.lease_until <= clock_timestamp())
RETURNING e.id, e.user_id, e.url, e.failures
""")

_DUE = text(f"""
WITH ours AS (
    UPDATE webhook_endpoints
    SET lease_until = clock_timestamp() + interval '{LANE_SECONDS} seconds'
    WHERE id = :endpoint AND owner = :owner AND disabled_at IS NULL
      AND (open_until IS NULL OR open_until <= clock_timestamp())
    RETURNING id
)
SELECT d.id, d.event, d.attempts, d.job_id, d.job_version, d.created_at,
       e.at, e.attempt, jd.type, jd.priority, jd.tags, jd.traceparent,
       j.created_at AS job_created_at,
       CASE WHEN j.version = d.job_version THEN r.error::text END AS error
FROM ours JOIN webhook_deliveries d ON d.endpoint = ours.id
LEFT JOIN job_events e ON e.job_id = d.job_id AND e.version = d.job_version
LEFT JOIN job_details jd ON jd.job_id = d.job_id
LEFT JOIN jobs j ON j.id = d.job_id
LEFT JOIN job_results r ON r.job_id = d.job_id AND d.event <> 'job.success'
WHERE d.status = 'pending' AND d.next_at <= clock_timestamp()
ORDER BY d.next_at, d.id LIMIT :limit
""")

_RECORD = text("""
UPDATE webhook_deliveries d SET
    status = o.status, attempts = d.attempts + 1, last_status = o.last_status,
    last_error = o.last_error, last_response = o.last_response, signed = o.signed,
    delivered_at = CASE o.status WHEN 'delivered' THEN clock_timestamp() END,
    next_at = CASE o.status WHEN 'pending'
              THEN clock_timestamp() + o.delay * interval '1 second' END
FROM unnest(
    CAST(:ids AS uuid[]), CAST(:statuses AS text[]), CAST(:delays AS double precision[]),
    CAST(:last_statuses AS smallint[]), CAST(:last_errors AS text[]),
    CAST(:last_responses AS text[]), CAST(:signed AS boolean[])
) AS o(id, status, delay, last_status, last_error, last_response, signed)
WHERE d.id = o.id AND d.status = 'pending'
""")

# Nobody asked for the end of a receiver, so the audit trail is where people find it.
_FARE = text("""
WITH fared AS (
    UPDATE webhook_endpoints SET
        failures = :failures,
        open_until = CASE WHEN :pause > 0
                     THEN clock_timestamp() + :pause * interval '1 second' END,
        disabled_at = CASE WHEN CAST(:reason AS text) IS NOT NULL THEN clock_timestamp() END,
        reason = :reason,
        last_success_at = CASE WHEN :succeeded THEN clock_timestamp() ELSE last_success_at END,
        last_failure_at = CASE WHEN :failed THEN clock_timestamp() ELSE last_failure_at END
    WHERE id = :endpoint AND owner = :owner
    RETURNING id, user_id, url, failures, reason
)
INSERT INTO audit (id, action, target, after)
SELECT CAST(:deed AS uuid), 'webhook_endpoint.disabled', 'webhook_endpoint:' || id,
       jsonb_build_object('url', url, 'user_id', user_id, 'failures', failures, 'reason', reason)
FROM fared WHERE reason IS NOT NULL
""")

_DISABLE_PENDING = text("""
UPDATE webhook_deliveries SET status = 'disabled', next_at = NULL
WHERE id = ANY(ARRAY(
    SELECT d.id FROM webhook_deliveries d JOIN webhook_endpoints e ON e.id = d.endpoint
    WHERE d.status = 'pending' AND e.disabled_at IS NOT NULL
    LIMIT :limit FOR UPDATE OF d SKIP LOCKED))
""")

_LEAVE = text("""
UPDATE webhook_endpoints SET owner = NULL, lease_until = NULL WHERE id = :endpoint
  AND owner = :owner
""")


class Lane(NamedTuple):
    """A receiver that is ours to serve."""

    endpoint: UUID
    user_id: UUID | None
    url: str
    failures: int
    """In a row."""


class Due(NamedTuple):
    """A delivery whose time has come, with what is told of its job."""

    id: UUID
    event: Event
    attempts: int
    job_id: UUID
    job_version: int
    created_at: datetime
    at: datetime | None
    """When it happened; None, as all below, when the job has been deleted."""
    attempt: int | None
    type: str | None
    priority: int | None
    tags: list[str] | None
    traceparent: str | None
    """The span that submitted it, where that was traced."""
    job_created_at: datetime | None
    error: str | None
    """JSON text, while the job still stands where it stood."""


class Record(NamedTuple):
    """How a delivery stands after a call."""

    id: UUID
    status: str
    delay: float
    """Seconds until the next call, where the status is `pending`."""
    last_status: int | None
    last_error: str | None
    last_response: str | None
    signed: bool
    """Whether the call carried a signature."""


async def take_lanes(connection: AsyncConnection, owner: UUID, *, limit: int) -> list[Lane]:
    """Take receivers that have something due and that nobody serves."""
    values = {"owner": owner, "limit": limit, "zero": UUID(int=0), "anywhere": uuid4()}
    rows = await connection.execute(_TAKE_LANES, values)
    return [Lane(*row) for row in rows]


async def due_in(connection: AsyncConnection, lane: Lane, owner: UUID, *, limit: int) -> list[Due]:
    """What is due for a receiver, oldest first, and keep the lane; nothing once it is not ours."""
    values = {"endpoint": lane.endpoint, "owner": owner, "limit": limit}
    return [Due(*row) for row in await connection.execute(_DUE, values)]


async def record(connection: AsyncConnection, records: Sequence[Record]) -> None:
    """Write how deliveries went."""
    columns: list[list[Any]] = [list(column) for column in zip(*records, strict=True)]
    names = ("ids", "statuses", "delays", "last_statuses", "last_errors", "last_responses",
             "signed")  # fmt: skip
    await connection.execute(_RECORD, dict(zip(names, columns, strict=True)))


async def fare(connection: AsyncConnection, lane: Lane, owner: UUID, course: Course) -> None:
    """Write how a receiver fares, while it is ours; its end goes into the audit trail."""
    values = {"endpoint": lane.endpoint, "owner": owner, "deed": new_id(), **asdict(course)}
    await connection.execute(_FARE, values)


async def disable_pending(connection: AsyncConnection, *, limit: int) -> int:
    """Give up what waits for receivers that get nothing more; how many."""
    return (await connection.execute(_DISABLE_PENDING, {"limit": limit})).rowcount


async def leave_lane(connection: AsyncConnection, lane: Lane, owner: UUID) -> None:
    """Let others serve this receiver."""
    await connection.execute(_LEAVE, {"endpoint": lane.endpoint, "owner": owner})
