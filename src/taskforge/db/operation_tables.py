"""Bulk operations, and what became of each of their jobs.

Items have no foreign key: rows of one batch are written by the transaction that holds the
operation's row, and `db/operations.py` prunes both.
"""

from sqlalchemy import (
    CheckConstraint,
    Column,
    Index,
    Integer,
    SmallInteger,
    Table,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from taskforge.core.operation import OperationAction, OperationStatus, Outcome
from taskforge.db.schedule_tables import NOW, TIME, metadata
from taskforge.db.story import listed

operations = Table(
    "operations",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("action", Text, nullable=False),
    Column("priority", SmallInteger),
    Column("job_ids", ARRAY(Uuid)),
    Column("filter", JSONB),
    Column("scope", JSONB),
    Column("reason", Text),
    Column("created_by", Uuid, nullable=False),
    Column("api_key_id", Uuid),
    Column("created_at", TIME, nullable=False, server_default=NOW),
    Column("status", Text, nullable=False, server_default="pending"),
    Column("total", Integer),
    Column("done", Integer, nullable=False, server_default="0"),
    Column("skipped", Integer, nullable=False, server_default="0"),
    Column("failed", Integer, nullable=False, server_default="0"),
    Column("last_job_id", Uuid),
    Column("setbacks", SmallInteger, nullable=False, server_default="0"),
    Column("due_at", TIME, nullable=False, server_default=NOW),
    Column("started_at", TIME),
    Column("progress_at", TIME),
    Column("finished_at", TIME),
    Column("stop_reason", Text),
    Column("stopped_by", Text),
    CheckConstraint(f"status IN {listed(OperationStatus)}", name="status"),
    CheckConstraint(f"action IN {listed(OperationAction)}", name="action"),
    CheckConstraint("num_nonnulls(job_ids, filter) = 1", name="selection"),
    CheckConstraint("(priority IS NOT NULL) = (action = 'reprioritise')", name="priority"),
    CheckConstraint(
        "(finished_at IS NULL) = (status IN ('pending', 'running'))", name="finished"
    ),
    # The next batch, and the quota.
    Index(
        "ix_operations_live", "due_at", "id",
        postgresql_where=text("status IN ('pending', 'running')"),
    ),
    # Retention.
    Index(None, "finished_at", postgresql_where=text("finished_at IS NOT NULL")),
)  # fmt: skip
"""`last_job_id` is how far it has come: jobs are taken newest first. `scope` is what the API key
that asked was narrowed to; `due_at` is when the next batch may begin, later after `setbacks`."""

operation_items = Table(
    "operation_items",
    metadata,
    Column("operation_id", Uuid, primary_key=True),
    Column("job_id", Uuid, primary_key=True),
    Column("outcome", Text, nullable=False),
    Column("reason", Text),
    Column("status", Text),
    CheckConstraint(f"outcome IN {listed(Outcome)}", name="outcome"),
    CheckConstraint("(reason IS NULL) = (outcome = 'done')", name="reason"),
    # Lists of the few that were not done.
    Index(
        "ix_operation_items_undone", "operation_id", "outcome", "job_id",
        postgresql_where=text("outcome <> 'done'"),
    ),
)  # fmt: skip
"""`status` is the job's when its turn came."""
