"""Bulk operations and their items."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

TIME = postgresql.TIMESTAMP(timezone=True)
NOW = sa.text("clock_timestamp()")

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _operations()
    op.create_index(
        "ix_operations_live",
        "operations",
        ["due_at", "id"],
        postgresql_where=sa.text("status IN ('pending', 'running')"),
    )
    op.create_index(
        op.f("ix_operations_finished_at"),
        "operations",
        ["finished_at"],
        postgresql_where=sa.text("finished_at IS NOT NULL"),
    )
    op.create_table(
        "operation_items",
        sa.Column("operation_id", sa.Uuid(), nullable=False),
        sa.Column("job_id", sa.Uuid(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("status", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "outcome IN ('done', 'failed', 'skipped')", name=op.f("ck_operation_items_outcome")
        ),
        sa.CheckConstraint(
            "(reason IS NULL) = (outcome = 'done')", name=op.f("ck_operation_items_reason")
        ),
        sa.PrimaryKeyConstraint("operation_id", "job_id", name=op.f("pk_operation_items")),
    )
    op.create_index(
        "ix_operation_items_undone",
        "operation_items",
        ["operation_id", "outcome", "job_id"],
        postgresql_where=sa.text("outcome <> 'done'"),
    )


def _operations() -> None:
    op.create_table(
        "operations",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("priority", sa.SmallInteger(), nullable=True),
        sa.Column("job_ids", postgresql.ARRAY(sa.Uuid()), nullable=True),
        sa.Column("filter", postgresql.JSONB(), nullable=True),
        sa.Column("scope", postgresql.JSONB(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("created_by", sa.Uuid(), nullable=False),
        sa.Column("api_key_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", TIME, server_default=NOW, nullable=False),
        sa.Column("status", sa.Text(), server_default="pending", nullable=False),
        sa.Column("total", sa.Integer(), nullable=True),
        sa.Column("done", sa.Integer(), server_default="0", nullable=False),
        sa.Column("skipped", sa.Integer(), server_default="0", nullable=False),
        sa.Column("failed", sa.Integer(), server_default="0", nullable=False),
        sa.Column("last_job_id", sa.Uuid(), nullable=True),
        sa.Column("setbacks", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("due_at", TIME, server_default=NOW, nullable=False),
        sa.Column("started_at", TIME, nullable=True),
        sa.Column("progress_at", TIME, nullable=True),
        sa.Column("finished_at", TIME, nullable=True),
        sa.Column("stop_reason", sa.Text(), nullable=True),
        sa.Column("stopped_by", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "status IN ('done', 'failed', 'pending', 'running', 'stopped')",
            name=op.f("ck_operations_status"),
        ),
        sa.CheckConstraint(
            "action IN ('cancel', 'delete', 'reprioritise', 'retry')",
            name=op.f("ck_operations_action"),
        ),
        sa.CheckConstraint(
            "num_nonnulls(job_ids, filter) = 1", name=op.f("ck_operations_selection")
        ),
        sa.CheckConstraint(
            "(priority IS NOT NULL) = (action = 'reprioritise')",
            name=op.f("ck_operations_priority"),
        ),
        sa.CheckConstraint(
            "(finished_at IS NULL) = (status IN ('pending', 'running'))",
            name=op.f("ck_operations_finished"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_operations")),
    )


def downgrade() -> None:
    op.drop_table("operation_items")
    op.drop_table("operations")
