"""What bears upon a job's start: the job, its queue, its limits, the live units and the line.

One statement, so that all of it is of one moment. Whatever is long is looked at as far as
`MAX_AHEAD` jobs and no further, by the index that the claim uses, so that the answer costs the
same in a queue of a million.
"""

from uuid import UUID

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from taskforge.core.priority import BY_RANK
from taskforge.core.states import WAITING, JobStatus
from taskforge.core.why import MAX_AHEAD, MAX_NAMED, Standing
from taskforge.db.admission import (
    LIMITS,
    QUEUE_OPEN,
    QUEUED,
    STEADY,
    SUSPECT,
    TYPE_KNOWN,
    queue_room,
    type_room,
)
from taskforge.db.counts import STANDING
from taskforge.db.story import listed

_HEAD = f"""
    SELECT j.type, j.run_at FROM jobs j
    -- In its own queue up to the job itself, in more urgent ones all of it: one range of the
    -- index in either case.
    WHERE {QUEUED} AND {{crashes}} AND j.priority = r.priority
      AND (j.run_at, j.id) < (r.until, r.id)
    ORDER BY j.run_at, j.id LIMIT {MAX_AHEAD + 1}
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
        w.status <> 'online' OR w.wanted <> 'run' AS draining
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
    SELECT q.priority, me.id, me.is_suspect,
        CASE WHEN q.priority < me.priority THEN 'infinity' ELSE me.run_at END AS until
    FROM me JOIN queues q ON q.priority <= me.priority
    CROSS JOIN LATERAL (SELECT q.priority) AS j
    WHERE me.waits AND q.name = ANY((SELECT queues FROM capable)::text[])
      AND (q.priority = me.priority OR ({QUEUE_OPEN} AND {queue_room("rooms")}))
),
takable AS MATERIALIZED (
    -- What no unit knows, or may not start for its type's limit, is overtaken.
    SELECT array_agg(j.type) AS types, (SELECT type FROM me) AS type,
        (SELECT priority FROM me) AS priority
    FROM unnest((SELECT types FROM capable)) AS j(type)
    WHERE j.type = (SELECT type FROM me) OR {type_room("rooms")}
),
ahead AS MATERIALIZED (
    SELECT count(*) AS looked, least(count(*) FILTER (WHERE h.takable), {MAX_AHEAD}) AS ahead,
        count(*) FILTER (WHERE h.takable AND h.level) AS of_queue,
        count(*) FILTER (WHERE h.alike) AS of_type,
        min(h.run_at) FILTER (WHERE h.takable) AS first_at
    FROM (
        SELECT h.type = ANY((SELECT types FROM takable)::text[]) AS takable, h.run_at,
            r.priority = (SELECT priority FROM takable) AS level,
            h.type = (SELECT type FROM takable) AS alike
        FROM ranks r CROSS JOIN LATERAL (
            ({_HEAD.format(crashes=f"{STEADY} AND NOT r.is_suspect")}) UNION ALL
            ({_HEAD.format(crashes=f"{SUSPECT} AND r.is_suspect")})) AS h
        LIMIT {MAX_AHEAD + 1}) AS h
),
{STANDING},
crowd AS (
    SELECT sum(s.n) FILTER (WHERE s.priority < me.priority) AS above,
        sum(s.n) FILTER (WHERE s.priority = me.priority) AS level,
        (SELECT j.run_at FROM jobs j WHERE {QUEUED} AND {STEADY} AND j.priority = me.priority
         ORDER BY j.run_at LIMIT 1) AS oldest_at,
        (SELECT j.run_at FROM jobs j WHERE {QUEUED} AND {STEADY} AND j.priority = me.priority
         ORDER BY j.run_at DESC LIMIT 1) AS newest_at
    FROM me CROSS JOIN ranks r JOIN standing s ON s.priority = r.priority AND s.status = 'queued'
    GROUP BY me.priority
)
SELECT json_build_object(
    'at', me.at, 'id', me.id, 'type', me.type,
    'priority', (CAST(:names AS text[]))[me.priority + 1],
    'status', me.status, 'version', me.version, 'run_at', me.run_at, 'queued_at', me.queued_at,
    'started_at', me.started_at, 'finished_at', me.finished_at,
    'lease_expires_at', me.lease_expires_at, 'cancel_requested_at', me.cancel_requested_at,
    'worker_id', me.worker_id, 'failures', me.failures, 'max_retries', me.max_retries,
    'is_suspect', me.is_suspect, 'error_class', me.error_class,
    'error_kind', (SELECT r.error ->> 'kind' FROM job_results r
                   WHERE r.job_id = me.id AND me.status = '{JobStatus.RETRYING}'),
    'queue', json_build_object('name', me.queue, 'is_open', me.is_open, 'paused_at', me.paused_at,
        'paused_by', me.paused_by, 'pause_reason', me.pause_reason,
        'resume_at', me.resume_at),
    'queue_room', me.queue_room, 'queue_limit', (SELECT told FROM held WHERE of_queue),
    'type_room', me.type_room, 'type_limit', (SELECT told FROM held WHERE NOT of_queue),
    'units', (SELECT coalesce(json_agg(u ORDER BY u.id), '[]') FROM units u),
    'line', (SELECT row_to_json(a) FROM ahead a),
    'crowd', CASE WHEN (SELECT looked FROM ahead) > {MAX_AHEAD}
        THEN (SELECT row_to_json(c) FROM crowd c) END
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
