"""What bears upon a job's start: the job, its queue, its limits, the live units and the line.

One statement, so that all of it is of one moment. Whatever is long is looked at as far as
`MAX_AHEAD` jobs and no further, by the index that the claim uses, so that the answer costs the
same in a queue of a million.
"""

from typing import Final
from uuid import UUID

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from taskforge.core.priority import BY_RANK
from taskforge.core.states import FINAL, WAITING, JobStatus
from taskforge.core.why import MAX_AHEAD, MAX_NAMED, Standing
from taskforge.db.admission import (
    LIMITS,
    QUEUE_OPEN,
    STEADY,
    TYPE_KNOWN,
    queue_room,
    type_room,
)
from taskforge.db.counts import MINUTES, RATE_MINUTES, STANDING, THIS_MINUTE
from taskforge.db.story import listed

RUN_MINUTES: Final = 15
"""Minutes over which run times are averaged."""

_TIMED = listed({*FINAL, JobStatus.RETRYING})
"""Statuses whose entries tell how long an attempt ran."""

_HEAD = """
    SELECT j.type, j.priority, j.run_at FROM jobs j
    WHERE j.status = 'queued' AND j.crashes {crashes} 2 AND j.priority = r.priority
      -- In its own queue up to the job itself, in more urgent ones all of it: one range of the
      -- index in either case.
      AND (j.run_at, j.id) < (r.until, me.id) AND me.crashes {crashes} 2
    ORDER BY j.run_at, j.id LIMIT {limit}
"""

_STANDING = text(f"""
WITH rooms AS MATERIALIZED (SELECT * FROM {LIMITS}),
me AS MATERIALIZED (
    SELECT j.*, statement_timestamp() AS at, j.status IN {listed(WAITING)} AS waits,
        {QUEUE_OPEN} AS is_open, {queue_room("rooms")} AS queue_room,
        {type_room("rooms")} AS type_room, NOT ({STEADY}) AS is_suspect,
        q.name AS queue, q.paused_at, q.paused_by, q.pause_reason, q.resume_at
    FROM jobs j JOIN queues q USING (priority) WHERE j.id = :id
),
active AS MATERIALIZED (
    SELECT r.id, r.worker_id, r.type, r.priority, r.started_at
    FROM jobs r WHERE r.status = 'running'
),
busy AS MATERIALIZED (
    SELECT worker_id, count(*) AS n, count(*) FILTER (WHERE type = (SELECT type FROM me)) AS of_type
    FROM active GROUP BY worker_id
),
units AS MATERIALIZED (
    SELECT w.id, w.slots, w.queues, w.types, coalesce(b.n, 0) AS busy,
        coalesce(b.of_type, 0) AS of_type,
        j.queue = ANY(w.queues) AS serves, {TYPE_KNOWN.replace(":types", "w.types")} AS knows,
        w.status = 'draining' OR w.wanted <> 'run' AS draining
    FROM me AS j CROSS JOIN workers w LEFT JOIN busy b ON b.worker_id = w.id
    WHERE w.status <> 'offline'
      AND w.beat_at > statement_timestamp() - :lease_seconds * interval '1 second'
),
capable AS MATERIALIZED (
    SELECT array_agg(DISTINCT t.name) AS types, array_agg(DISTINCT q.name) AS queues
    FROM units u, unnest(u.types) AS t(name), unnest(u.queues) AS q(name)
    WHERE u.serves AND u.knows AND NOT u.draining
),
held AS (
    SELECT l.type IS NULL AS of_queue, json_build_object(
        'limit', l.concurrency_limit, 'running', l.running,
        'jobs', ARRAY(
            SELECT a.id FROM active a WHERE a.type = l.type OR a.priority = l.priority
            ORDER BY a.started_at, a.id LIMIT {MAX_NAMED})) AS told
    FROM me JOIN rooms l ON l.type = me.type OR l.priority = me.priority
),
ranks AS MATERIALIZED (
    SELECT q.priority,
        CASE WHEN q.priority < me.priority THEN 'infinity' ELSE me.run_at END AS until
    FROM me JOIN queues q ON q.priority <= me.priority
    CROSS JOIN LATERAL (SELECT q.priority) AS j
    WHERE me.waits AND q.name = ANY((SELECT queues FROM capable)::text[])
      AND (q.priority = me.priority OR ({QUEUE_OPEN} AND {queue_room("rooms")}))
),
line AS MATERIALIZED (
    SELECT h.type, h.priority, h.run_at
    FROM me CROSS JOIN ranks r CROSS JOIN LATERAL (
        ({_HEAD.format(crashes="<", limit=MAX_AHEAD + 1)})
        UNION ALL
        ({_HEAD.format(crashes=">=", limit=MAX_AHEAD + 1)})) AS h
    LIMIT {MAX_AHEAD + 1}
),
takable AS MATERIALIZED (
    -- What no unit knows, or may not start for its type's limit, is overtaken.
    SELECT j.type FROM unnest((SELECT types FROM capable)) AS j(type)
    WHERE j.type = (SELECT type FROM me) OR {type_room("rooms")}
),
ahead AS MATERIALIZED (
    SELECT (SELECT count(*) FROM line) AS looked, least(count(*), {MAX_AHEAD}) AS ahead,
        count(*) FILTER (WHERE l.priority = (SELECT priority FROM me)) AS of_queue,
        count(*) FILTER (WHERE l.type = (SELECT type FROM me)) AS of_type,
        min(l.run_at) AS first_at
    FROM line l WHERE l.type = ANY(ARRAY(SELECT type FROM takable))
),
recent AS MATERIALIZED (
    SELECT m.minute, m.type, m.priority, m.status, m.bucket, m.n, m.seconds FROM {MINUTES} AS m
    WHERE m.minute >= {THIS_MINUTE} - {RUN_MINUTES} * interval '1 minute'
      AND m.priority <= (SELECT priority FROM me WHERE waits)
),
{STANDING},
pace AS (
    SELECT
        ARRAY(SELECT coalesce(sum(n) FILTER (WHERE status = 'running'), 0)
              FROM generate_series(1, {RATE_MINUTES}) AS back LEFT JOIN recent
                ON minute = {THIS_MINUTE} - back * interval '1 minute'
              GROUP BY back ORDER BY back) AS starts,
        (SELECT coalesce(sum(n), 0) / {RATE_MINUTES}.0 FROM recent
         WHERE status = 'queued' AND priority < me.priority AND minute < {THIS_MINUTE}
           AND minute >= {THIS_MINUTE} - {RATE_MINUTES} * interval '1 minute') AS above_per_minute,
        (SELECT sum(seconds) / sum(n) FROM recent
         WHERE status IN {_TIMED} AND bucket >= 0) AS run_seconds,
        (SELECT sum(seconds) / sum(n) FROM recent
         WHERE status IN {_TIMED} AND bucket >= 0 AND type = me.type) AS type_seconds,
        CASE WHEN a.looked > {MAX_AHEAD} THEN
            (SELECT coalesce(sum(n), 0) FROM standing s JOIN ranks USING (priority)
             WHERE s.status = 'queued' AND s.priority < me.priority) ELSE 0 END AS depth_above,
        CASE WHEN a.looked > {MAX_AHEAD} THEN
            (SELECT coalesce(sum(n), 0) FROM standing s
             WHERE s.status = 'queued' AND s.priority = me.priority) ELSE 0 END AS depth,
        (SELECT j.run_at FROM jobs j WHERE j.status = 'queued' AND j.crashes < 2
            AND j.priority = me.priority ORDER BY j.run_at LIMIT 1) AS oldest_at,
        (SELECT j.run_at FROM jobs j WHERE j.status = 'queued' AND j.crashes < 2
            AND j.priority = me.priority ORDER BY j.run_at DESC LIMIT 1) AS newest_at
    FROM me CROSS JOIN ahead a
)
SELECT json_build_object(
    'at', me.at, 'id', me.id, 'type', me.type,
    'priority', (CAST(:names AS text[]))[me.priority + 1],
    'status', me.status, 'version', me.version, 'run_at', me.run_at, 'queued_at', me.queued_at,
    'started_at', me.started_at, 'finished_at', me.finished_at,
    'lease_expires_at', me.lease_expires_at, 'cancel_requested_at', me.cancel_requested_at,
    'worker_id', me.worker_id, 'failures', me.failures, 'max_retries', me.max_retries,
    'is_suspect', me.is_suspect, 'error_class', me.error_class,
    'queue', json_build_object('name', me.queue, 'is_open', me.is_open, 'paused_at', me.paused_at,
        'paused_by', me.paused_by, 'pause_reason', me.pause_reason,
        'resume_at', me.resume_at),
    'queue_room', me.queue_room, 'queue_limit', (SELECT told FROM held WHERE of_queue),
    'type_room', me.type_room, 'type_limit', (SELECT told FROM held WHERE NOT of_queue),
    'units', (SELECT coalesce(json_agg(u ORDER BY u.id), '[]') FROM units u),
    'line', (SELECT row_to_json(a) FROM ahead a),
    'pace', (SELECT row_to_json(p) FROM pace p)
)::text
FROM me
""")

_DECODE = msgspec.json.Decoder(Standing)


async def standing(
    connection: AsyncConnection, job_id: UUID, *, lease_seconds: float
) -> Standing | None:
    """A job and what bears upon its start; None when there is no such job.

    Args:
        connection: any.
        job_id: the job.
        lease_seconds: the installation's: a unit that is silent for longer does not live.
    """
    values = {
        "id": job_id,
        "lease_seconds": lease_seconds,
        "names": list(BY_RANK),
        "ranks": [priority.rank for priority in BY_RANK],
    }
    found = await connection.scalar(_STANDING, values)
    return None if found is None else _DECODE.decode(found)
