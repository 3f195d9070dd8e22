"""Webhook receivers: when they last did well and badly; deliveries: whether they were signed."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

TIME = postgresql.TIMESTAMP(timezone=True)

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("webhook_deliveries", sa.Column("signed", sa.Boolean(), nullable=True))
    op.add_column("webhook_endpoints", sa.Column("last_success_at", TIME, nullable=True))
    op.add_column("webhook_endpoints", sa.Column("last_failure_at", TIME, nullable=True))
    # Rows that say nothing: a receiver's next webhook makes them anew, with its times.
    op.execute(
        "DELETE FROM webhook_endpoints WHERE failures = 0 AND disabled_at IS NULL AND owner IS NULL"
    )
    op.create_index(
        "ix_webhook_deliveries_next_at",
        "webhook_deliveries",
        ["next_at"],
        postgresql_where=sa.text("status = 'pending'"),
    )
    op.create_index(
        "ix_webhook_endpoints_served",
        "webhook_endpoints",
        ["id"],
        postgresql_where=sa.text("owner IS NOT NULL"),
    )
    op.create_index(
        "ix_webhook_endpoints_disabled",
        "webhook_endpoints",
        ["id"],
        postgresql_where=sa.text("disabled_at IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_index("ix_webhook_endpoints_disabled", "webhook_endpoints")
    op.drop_index("ix_webhook_endpoints_served", "webhook_endpoints")
    op.drop_index("ix_webhook_deliveries_next_at", "webhook_deliveries")
    op.drop_column("webhook_endpoints", "last_failure_at")
    op.drop_column("webhook_endpoints", "last_success_at")
    op.drop_column("webhook_deliveries", "signed")
