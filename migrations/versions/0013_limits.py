"""Limits: what is left of each, and the locks under which claims keep them."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
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
# may not see.
#
# Far from a limit, claims need not wait for each other. At most one is under way in each lane, and
# each found room for a full claim in every lane. Of those whose jobs run at some moment, take the
# one that counted last: what it did not see was under way then, so all of it together still fits.
# Near a limit a claim takes all lanes, and is alone. The inner block gives its lane back when it
# fails: nobody ever waits for a lane while holding a later one.
_CLAIM_ROOMS = """
CREATE FUNCTION claim_rooms(known text[], served smallint[], free integer)
RETURNS TABLE (type text, priority smallint, room integer)
LANGUAGE plpgsql VOLATILE ROWS 4 AS $$
#variable_conflict use_column
DECLARE
    changes CONSTANT integer := 7405100;  -- held shared by claims, alone by who changes a limit
    lanes CONSTANT integer := 4;          -- each has a lock: the numbers after `changes`
    small CONSTANT integer := 64;         -- jobs that a claim in one lane may take
    lane integer := pg_backend_pid() % lanes;
    least_limit integer;
BEGIN
    PERFORM pg_advisory_xact_lock_shared(changes);
    SELECT min(concurrency_limit) INTO least_limit FROM (
        SELECT concurrency_limit FROM type_limits WHERE type = ANY(known)
        UNION ALL SELECT concurrency_limit FROM queues WHERE priority = ANY(served)) AS limits;
    IF least_limit IS NULL THEN
        RETURN;
    END IF;
    IF least_limit >= lanes * small AND free <= small THEN
        BEGIN
            FOR tries IN 1..lanes LOOP
                EXIT WHEN pg_try_advisory_xact_lock(changes + 1 + lane);
                lane := (lane + 1) % lanes;
                IF tries = lanes THEN
                    PERFORM pg_advisory_xact_lock(changes + 1 + lane);
                END IF;
            END LOOP;
            IF lanes * small <= (SELECT min(room) FROM limit_rooms()
                                 WHERE type = ANY(known) OR priority = ANY(served))
            THEN
                RETURN;  -- no limit can be reached
            END IF;
            RAISE serialization_failure;
        EXCEPTION WHEN serialization_failure THEN
        END;
    END IF;
    FOR lane IN 0..lanes - 1 LOOP
        PERFORM pg_advisory_xact_lock(changes + 1 + lane);
    END LOOP;
    RETURN QUERY SELECT type, priority, room FROM limit_rooms()
                 WHERE type = ANY(known) OR priority = ANY(served);
END $$
"""

_LOCK_LIMITS = """
CREATE FUNCTION lock_limits() RETURNS void LANGUAGE sql VOLATILE
AS $$ SELECT pg_advisory_xact_lock(7405100) $$
"""


def upgrade() -> None:
    op.execute(_ROOMS)
    op.execute(_CLAIM_ROOMS)
    op.execute(_LOCK_LIMITS)
    op.create_index(
        "ix_jobs_due_type",
        "jobs",
        ["type", "priority", "run_at", "id"],
        postgresql_where=sa.text("status = 'queued' AND crashes < 2"),
    )


def downgrade() -> None:
    op.drop_index("ix_jobs_due_type", "jobs")
    op.execute("DROP FUNCTION lock_limits()")
    op.execute("DROP FUNCTION claim_rooms(text[], smallint[], integer)")
    op.execute("DROP FUNCTION limit_rooms()")
