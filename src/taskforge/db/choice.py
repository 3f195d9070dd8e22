"""Which jobs a claim takes: the steps of its statement that end in `picked` (id) and `rest` (more).

Limits make three ways to a job. What hints name and what fills the other slots comes from the index
by priority, and only while none of its limits could be reached. What is scarce, and what a queue is
owed, is found by type and queue, so that a long tail of jobs that may not start is never walked; of
that, as many are left out again as there is no room for.
"""

from taskforge.db.admission import QUEUED, STEADY, SUSPECT, may_be_claimed

_ROOMS = """
WITH rooms AS MATERIALIZED (
    SELECT type, priority, room
    FROM claim_rooms(CAST(:types AS text[]), CAST(:ranks AS smallint[]), :free)
    UNION ALL
    SELECT u.type, NULL, u.room
    FROM unnest(CAST(:scarce AS text[]), CAST(:rooms AS integer[])) AS u(type, room)
)"""
"""What is left of each limit, this unit's own included, before anything is looked for."""

_OPEN = may_be_claimed("rooms", least=":free")
"""Jobs of which this claim cannot take too many."""

CHOOSE = f"""{_ROOMS},
kinds AS MATERIALIZED (
    SELECT t.type, LEAST(min(r.room), :free) AS room
    FROM unnest(CAST(:types AS text[])) AS t(type) LEFT JOIN rooms r ON r.type = t.type
    GROUP BY t.type
),
lanes AS MATERIALIZED (
    SELECT q.priority, LEAST(r.room, :free) AS room, coalesce(o.n, 0) AS owed
    FROM queues q LEFT JOIN rooms r ON r.priority = q.priority
    LEFT JOIN unnest(CAST(:owing AS smallint[]), CAST(:owed AS integer[])) AS o(priority, n)
        ON o.priority = q.priority
    WHERE q.priority = ANY(CAST(:ranks AS smallint[])) AND q.paused_at IS NULL
),
tight AS MATERIALIZED (
    SELECT EXISTS (SELECT FROM kinds WHERE room < :free) AS yes
),
apart AS MATERIALIZED (
    -- Found by type and queue: what is owed, what is scarce, and once a type is scarce all others,
    -- for it may have a long tail of jobs before them that is not to be walked.
    SELECT s.*, row_number() OVER (PARTITION BY s.priority ORDER BY s.run_at, s.id) <= l.owed
        AS owed
    FROM kinds k CROSS JOIN lanes l CROSS JOIN LATERAL (
        SELECT j.id, j.type, j.priority, j.run_at FROM jobs j
        WHERE {QUEUED} AND {STEADY} AND j.type = k.type AND j.priority = l.priority
        ORDER BY j.run_at, j.id
        LIMIT LEAST(k.room, l.room,
            CASE WHEN l.room < :free OR (SELECT yes FROM tight) THEN :free ELSE l.owed END)
        FOR NO KEY UPDATE SKIP LOCKED) AS s
),
named AS MATERIALIZED (
    SELECT j.id FROM jobs j
    WHERE j.id = ANY(CAST(:ids AS uuid[])) AND {_OPEN}
      AND j.id <> ALL(ARRAY(SELECT id FROM apart WHERE owed))
    ORDER BY j.priority, j.run_at, j.id
    LIMIT GREATEST(:free - (SELECT count(*) FROM apart WHERE owed), 0)
    FOR NO KEY UPDATE SKIP LOCKED
),
room AS MATERIALIZED (SELECT GREATEST(:free - count(*), 0) AS n FROM named),
filled AS MATERIALIZED (
    SELECT j.id, j.type, j.priority, j.run_at FROM jobs j
    WHERE {_OPEN} AND j.id <> ALL(ARRAY(SELECT id FROM named UNION ALL SELECT id FROM apart))
    ORDER BY j.priority, j.run_at, j.id
    LIMIT CASE WHEN (SELECT yes FROM tight) THEN 0 ELSE (SELECT n FROM room) END
    FOR NO KEY UPDATE SKIP LOCKED
),
due AS (
    SELECT d.*, row_number() OVER (
        PARTITION BY d.type ORDER BY d.owed DESC, d.priority, d.run_at, d.id) AS nth
    FROM (SELECT * FROM apart UNION ALL SELECT *, false FROM filled) AS d
    WHERE d.id <> ALL(ARRAY(SELECT id FROM named))
),
fitting AS (
    SELECT d.*, row_number() OVER (
        PARTITION BY d.priority ORDER BY d.owed DESC, d.run_at, d.id) AS nth_of_queue
    FROM due d JOIN kinds k ON k.type = d.type WHERE d.nth <= k.room
),
best AS MATERIALIZED (
    SELECT f.id FROM fitting f JOIN lanes l ON l.priority = f.priority
    WHERE f.nth_of_queue <= LEAST(l.room, :free)
    ORDER BY f.owed DESC, f.priority, f.run_at, f.id LIMIT (SELECT n FROM room)
),
picked AS (SELECT id FROM named UNION ALL SELECT id FROM best),
rest AS (SELECT (SELECT count(*) FROM due) > (SELECT count(*) FROM best) AS more)"""
"""Named jobs, then the best due ones. Limits are kept by what is found apart."""

CHOOSE_SUSPECT = f"""{_ROOMS},
picked AS MATERIALIZED (
    SELECT j.id FROM jobs j WHERE {may_be_claimed("rooms", crashes=SUSPECT)}
    ORDER BY j.priority, j.run_at, j.id LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED
),
rest AS (SELECT false AS more)"""
