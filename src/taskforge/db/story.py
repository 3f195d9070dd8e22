"""How every move ends: the event that tells it, the counters that keep it, the webhooks it owes.

SQL fragments for statements that have a `moved` step with the columns of `jobs` and `at`,
`left_status`, `actor`, `data` (jsonb) and `seconds` (how long the status that was left lasted, for
the statistics; NULL when that says nothing). Everything is one statement, so a move and its story
cannot come apart (R-05).
"""

from collections.abc import Iterable

from taskforge.core.spans import BUCKET_SQL
from taskforge.core.states import FINAL
from taskforge.db.rows import ROW_COLUMNS


def listed(names: Iterable[str]) -> str:
    """Names as a list for `IN`."""
    return "(" + ", ".join(f"'{name}'" for name in sorted(names)) + ")"


TAIL = """,
told AS (
    INSERT INTO job_events (job_id, version, at, cycle, attempt, event, status, actor, data)
    SELECT id, version, at, cycle, attempt,
           CASE status WHEN 'dead_letter' THEN 'job_failed' ELSE 'job_' || status END,
           status, actor, data
    FROM moved
),
tallied AS (
    INSERT INTO job_deltas
        (minute, n, seconds, priority, bucket, type, left_status, entered_status)
    SELECT date_trunc('minute', min(at)), count(*), COALESCE(sum(seconds), 0), priority, bucket,
           type, left_status, status
    FROM (SELECT *, {bucket} AS bucket FROM moved WHERE left_status <> status) AS m
    GROUP BY priority, bucket, type, left_status, status
)
""".format(bucket=BUCKET_SQL.format("seconds"))

REQUEUED = """,
requeued AS (
    -- Who comes leaves a negative number of times: an entry would count in rates, or as a birth.
    INSERT INTO job_deltas (minute, n, seconds, priority, bucket, type, left_status)
    SELECT date_trunc('minute', min(at)), sum(n), 0, side, -1, type, status
    FROM moved, LATERAL (VALUES (left_priority, 1), (priority, -1)) AS sides(side, n)
    GROUP BY side, type, status
)
"""
"""A step for jobs that keep their status and change their `priority`, of old `left_priority`."""

# One receiver is one address of one account: accounts do not share their fates.
NOTIFY = f""",
notified AS (
    INSERT INTO webhook_deliveries (id, job_id, job_version, user_id, endpoint, event, url)
    SELECT gen_random_uuid(), m.id, m.version, d.created_by,
           md5(coalesce(d.created_by::text, '') || ' ' || d.webhook_url)::uuid,
           'job.' || m.status, d.webhook_url
    FROM moved m JOIN job_details d ON d.job_id = m.id
    WHERE m.notify AND m.status IN {listed(FINAL)}
)
"""

REOPEN = """,
reopened AS (
    UPDATE schedule_fires f SET open = true FROM moved m WHERE f.job_id = m.id
)
"""
"""A step for jobs that have ended and come back: they stand in the way of their schedule again."""

# Details by key, whatever the planner thinks of a sort: for the order of the answer it would walk
# through all of them.
SHOW = f"""
SELECT {ROW_COLUMNS}, m.at, m.left_status
FROM moved m CROSS JOIN LATERAL (SELECT * FROM job_details WHERE job_id = m.id OFFSET 0) AS d
ORDER BY m.id
""".replace("j.", "m.")
