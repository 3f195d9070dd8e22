"""Spans: what happened in ten minutes and in an hour, for charts that reach far back."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

TIME = postgresql.TIMESTAMP(timezone=True)

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "job_spans",
        sa.Column("minutes", sa.SmallInteger(), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("priority", sa.SmallInteger(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("bucket", sa.SmallInteger(), nullable=False),
        sa.Column("n", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("minutes IN (10, 60)", name=op.f("ck_job_spans_minutes")),
        sa.PrimaryKeyConstraint(
            "minutes", "at", "type", "priority", "status", "bucket", name=op.f("pk_job_spans")
        ),
        postgresql_with={
            "fillfactor": 80,
            "autovacuum_vacuum_scale_factor": 0.01,
            "autovacuum_vacuum_threshold": 500,
            "autovacuum_vacuum_cost_limit": 2000,
        },
    )
    op.execute(
        """
        INSERT INTO job_spans (minutes, at, type, priority, status, bucket, n)
        SELECT w.minutes, date_bin(w.minutes * interval '1 minute', m.minute, 'epoch'), m.type,
               m.priority, m.status, m.bucket, sum(m.n)
        FROM job_minutes AS m CROSS JOIN (VALUES (10), (60)) AS w (minutes)
        GROUP BY 1, 2, 3, 4, 5, 6
        """
    )


def downgrade() -> None:
    op.drop_table("job_spans")
