"""Fires: which of them may stand in the way of the next one."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "schedule_fires",
        sa.Column("open", sa.Boolean(), server_default=sa.text("false"), nullable=False),
    )
    op.execute("UPDATE schedule_fires SET open = true WHERE skipped IS NULL")
    op.create_check_constraint(
        op.f("ck_schedule_fires_open"),
        "schedule_fires",
        "CASE WHEN open THEN skipped IS NULL ELSE NOT held END",
    )
    op.create_index(
        "ix_schedule_fires_open",
        "schedule_fires",
        ["schedule_id"],
        postgresql_where=sa.text("open"),
    )
    op.create_index(op.f("ix_schedule_fires_at"), "schedule_fires", ["at"])


def downgrade() -> None:
    op.drop_index(op.f("ix_schedule_fires_at"), "schedule_fires")
    op.drop_index("ix_schedule_fires_open", "schedule_fires")
    op.drop_constraint(op.f("ck_schedule_fires_open"), "schedule_fires")
    op.drop_column("schedule_fires", "open")
