"""Refresh tokens that were given twice, since the first answer was lost on its way."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    column = sa.Column("reissued_at", postgresql.TIMESTAMP(timezone=True), nullable=True)
    op.add_column("refresh_tokens", column)


def downgrade() -> None:
    op.drop_column("refresh_tokens", "reissued_at")
