"""Retention by status: the index that finds old jobs has the status first."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _index("status", "finished_at")


def downgrade() -> None:
    _index("finished_at")


def _index(*columns: str) -> None:
    op.drop_index("ix_jobs_finished", "jobs")
    op.create_index(
        "ix_jobs_finished",
        "jobs",
        list(columns),
        postgresql_where=sa.text("finished_at IS NOT NULL"),
    )
