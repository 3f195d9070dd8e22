"""Groups of failures that are alike."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

TIME = postgresql.TIMESTAMP(timezone=True)
BUSY = {
    "fillfactor": "80",
    "autovacuum_vacuum_scale_factor": "0.01",
    "autovacuum_vacuum_threshold": "500",
    "autovacuum_vacuum_cost_limit": "2000",
}

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _deltas()
    _groups()
    op.create_table(
        "failure_hours",
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("hour", TIME, nullable=False),
        sa.Column("n", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("fingerprint", "hour", name=op.f("pk_failure_hours")),
        postgresql_with=BUSY,
    )
    op.create_index(op.f("ix_failure_hours_hour"), "failure_hours", ["hour"])
    op.create_index(
        "ix_job_results_fingerprint",
        "job_results",
        [sa.text("(error ->> 'fingerprint')"), "job_id"],
        postgresql_where=sa.text("(error ->> 'fingerprint') IS NOT NULL"),
    )


def _deltas() -> None:
    op.create_table(
        "failure_deltas",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("still", sa.Integer(), nullable=False),
        sa.Column("queues", sa.SmallInteger(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=True),
        sa.Column("error_class", sa.Text(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=True),
        sa.Column("message", sa.Text(), nullable=True),
        sa.Column("job_id", sa.Uuid(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_failure_deltas")),
        postgresql_with={
            "autovacuum_vacuum_scale_factor": "0",
            "autovacuum_vacuum_threshold": "2000",
        },
    )


def _groups() -> None:
    op.create_table(
        "failure_groups",
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("error_class", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("job_id", sa.Uuid(), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.Column("still_failed", sa.BigInteger(), nullable=False),
        sa.Column("queues", sa.SmallInteger(), nullable=False),
        sa.Column("first_seen", TIME, nullable=False),
        sa.Column("last_seen", TIME, nullable=False),
        sa.Column("resolved_at", TIME, nullable=True),
        sa.Column("resolved_by", sa.Uuid(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("fingerprint", name=op.f("pk_failure_groups")),
        postgresql_with=BUSY,
    )
    for first in ("last_seen", "total"):
        name = op.f(f"ix_failure_groups_{first}_fingerprint")
        op.create_index(name, "failure_groups", [first, "fingerprint"])


def downgrade() -> None:
    op.drop_index("ix_job_results_fingerprint", table_name="job_results")
    for table in ("failure_hours", "failure_groups", "failure_deltas"):
        op.drop_table(table)
