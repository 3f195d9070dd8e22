"""Limits: what is left of each, and the locks under which claims keep them."""

import sqlalchemy as sa
from alembic import op

revision = "0013c"
down_revision = "0012"
branch_labels = None
depends_on = None

# Running rows are counted whenever somebody asks: there is no counter that a crash could leave
# wrong, and no row that all claims would write.
_ROOMS = """
CREATE FUNCTION limit_rooms()
RETURNS TABLE (
    type text, priority smallint, concurrency_limit integer, running integer, room integer)
LANGUAGE sql STABLE ROWS 4 AS $$
WITH busy AS (
    SELECT type, priority, count(*) AS n FROM jobs WHERE status = 'running' GROUP BY type, priority
),
used AS (
    SELECT t.type, CAST(NULL AS smallint) AS priority, t.concurrency_limit,
           (SELECT coalesce(sum(b.n), 0) FROM busy b WHERE b.type = t.type)::integer AS running
    FROM type_limits t
    UNION ALL
    SELECT NULL, q.priority, q.concurrency_limit,
           (SELECT coalesce(sum(b.n), 0) FROM busy b WHERE b.priority = q.priority)::integer
    FROM queues q WHERE q.concurrency_limit IS NOT NULL
)
SELECT type, priority, concurrency_limit, running,
       greatest(concurrency_limit - running, 0) AS room
FROM used $$
"""

# Every statement of a volatile function has a snapshot of its own. So what is counted here, after
# the lock, has all that earlier holders of the lock have taken, which the statement that calls us
# may not see. Whoever changes a limit holds the first lock alone while that commits.
_CLAIM_ROOMS = """
CREATE FUNCTION claim_rooms(known text[], served smallint[])
RETURNS TABLE (type text, priority smallint, room integer)
LANGUAGE plpgsql VOLATILE ROWS 4 AS $$
#variable_conflict use_column
BEGIN
    PERFORM pg_advisory_xact_lock_shared(7405101);
    IF EXISTS (SELECT FROM type_limits WHERE type = ANY(known))
        OR EXISTS (SELECT FROM queues WHERE priority = ANY(served) AND concurrency_limit >= 0)
    THEN
        PERFORM pg_advisory_xact_lock(7405102);
        RETURN QUERY SELECT type, priority, room FROM limit_rooms()
                     WHERE type = ANY(known) OR priority = ANY(served);
    END IF;
END $$
"""


def upgrade() -> None:
    op.execute(_ROOMS)
    op.execute(_CLAIM_ROOMS)
    op.create_index(
        "ix_jobs_due_type",
        "jobs",
        ["type", "priority", "run_at", "id"],
        postgresql_where=sa.text("status = 'queued' AND crashes < 2"),
    )


def downgrade() -> None:
    op.drop_index("ix_jobs_due_type", "jobs")
    op.execute("DROP FUNCTION claim_rooms(text[], smallint[])")
    op.execute("DROP FUNCTION limit_rooms()")
