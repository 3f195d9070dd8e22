"""Workers: a status for those on their way out, and why somebody wants something of them."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("workers", sa.Column("wanted_reason", sa.Text(), nullable=True))
    op.drop_constraint(op.f("ck_workers_status"), "workers")
    op.create_check_constraint(
        op.f("ck_workers_status"),
        "workers",
        "status IN ('draining', 'offline', 'online', 'stopping')",
    )


def downgrade() -> None:
    op.execute("UPDATE workers SET status = 'draining' WHERE status = 'stopping'")
    op.drop_constraint(op.f("ck_workers_status"), "workers")
    op.create_check_constraint(
        op.f("ck_workers_status"), "workers", "status IN ('draining', 'offline', 'online')"
    )
    op.drop_column("workers", "wanted_reason")
