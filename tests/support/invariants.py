"""What must hold of the database at any moment: each is a query that returns no rows.

The numbers are those of the test plan (I3 to I9, I11); the last ones are the house's own.
"""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from taskforge.db.prune import OWNED

ENDINGS = "('job_success', 'job_failed', 'job_cancelled')"
FINAL = "('success', 'failed', 'dead_letter', 'cancelled')"

ALWAYS: dict[str, str] = {
    "I3 a cycle has two endings": f"""
        SELECT job_id, cycle FROM job_events WHERE event IN {ENDINGS}
        GROUP BY job_id, cycle HAVING count(*) > 1""",
    "I3 an ended job has no ending in its cycle": f"""
        SELECT j.id FROM jobs j WHERE (j.status IN {FINAL}) <> EXISTS (
            SELECT FROM job_events e
            WHERE e.job_id = j.id AND e.cycle = j.cycle AND e.event IN {ENDINGS})""",
    "I4 attempts do not rise along the story": """
        SELECT job_id FROM (
            SELECT job_id, attempt, version,
                   lag(attempt) OVER (PARTITION BY job_id ORDER BY version) AS before,
                   event = 'job_running' AND data IS NULL AS claimed
            FROM job_events) AS s
        WHERE before IS NOT NULL AND attempt <> before + claimed::integer""",
    "I4 the row and its last event differ": """
        SELECT j.id FROM jobs j JOIN job_events e ON e.job_id = j.id AND e.version = j.version
        WHERE (e.status, e.attempt, e.cycle) <> (j.status, j.attempt, j.cycle)""",
    "I6 more failures than retries allow": """
        SELECT id FROM jobs WHERE failures > max_retries + 1 OR crashes > 3
            OR (status IN ('queued', 'scheduled', 'retrying', 'running')
                AND (failures > max_retries OR crashes > 2))""",
    "I7 versions have gaps": """
        SELECT j.id FROM jobs j LEFT JOIN job_events e ON e.job_id = j.id
        GROUP BY j.id, j.version
        HAVING count(*) <> j.version OR min(e.version) <> 1 OR max(e.version) <> j.version""",
    "I8 a job started after it was cancelled": """
        SELECT c.job_id FROM job_events c JOIN job_events s USING (job_id, cycle)
        WHERE c.event = 'job_cancelled' AND s.event = 'job_running' AND s.version > c.version""",
    "I9 a running job without owner or lease, or a lease on another": """
        SELECT id FROM jobs WHERE (status = 'running') <> (lease_expires_at IS NOT NULL)
            OR (status = 'running' AND worker_id IS NULL)""",
    "I11 two jobs of one key": """
        SELECT created_by, idempotency_key FROM job_details WHERE idempotency_key IS NOT NULL
        GROUP BY created_by, idempotency_key HAVING count(*) > 1""",
    "a finished attempt has no record": """
        SELECT j.id FROM jobs j LEFT JOIN job_attempts a ON a.job_id = j.id
        GROUP BY j.id, j.attempt, j.status
        HAVING count(a.number) <> j.attempt - (j.status = 'running')::integer
            OR COALESCE(max(a.number), 0) <> j.attempt - (j.status = 'running')::integer""",
    "a job has no details": """
        SELECT id FROM jobs WHERE NOT EXISTS (SELECT FROM job_details WHERE job_id = jobs.id)""",
    "a job and its details differ in priority": """
        SELECT id FROM jobs j JOIN job_details d ON d.job_id = j.id
        WHERE j.priority <> d.priority""",
    "a result without success": """
        SELECT j.id FROM jobs j JOIN job_results r ON r.job_id = j.id
        WHERE r.result IS NOT NULL AND j.status <> 'success'""",
    "the counters are off": """
        SELECT * FROM (
            SELECT type, priority, status, sum(n) AS n FROM (
                SELECT type, priority, status, n FROM job_counts
                UNION ALL SELECT type, priority, left_status, -n FROM job_deltas
                UNION ALL SELECT type, priority, entered_status, n FROM job_deltas
                UNION ALL SELECT type, priority, status, -count(*) FROM jobs GROUP BY 1, 2, 3
            ) AS sides WHERE status IS NOT NULL GROUP BY 1, 2, 3) AS s
        WHERE n <> 0""",
    "groups of failures are off": """
        SELECT fingerprint FROM (
            SELECT fingerprint, still_failed AS n FROM failure_groups
            UNION ALL SELECT fingerprint, still FROM failure_deltas
            UNION ALL SELECT error ->> 'fingerprint', -1
            FROM jobs j JOIN job_results ON job_id = j.id
            WHERE status IN ('failed', 'dead_letter')) AS sides
        WHERE fingerprint IS NOT NULL GROUP BY fingerprint HAVING sum(n) <> 0""",
    **{
        f"{table} has rows of a job that is gone": f"""
        SELECT job_id FROM {table} WHERE NOT EXISTS (SELECT FROM jobs WHERE id = job_id)"""
        for table in OWNED
    },
}

_ALL = text(
    " UNION ALL ".join(
        f"SELECT '{name}' AS broken, count(*) AS rows FROM ({query}) AS q HAVING count(*) > 0"
        for name, query in ALWAYS.items()
    )
)


async def broken(connection: AsyncConnection) -> dict[str, int]:
    """Which invariants do not hold, and how many rows break each; all in one snapshot."""
    return {row.broken: row.rows for row in await connection.execute(_ALL)}
