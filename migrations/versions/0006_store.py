"""What jobs leave behind and clients give them: checkpoints, memory, uploads, the sink's mail."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

TIME = postgresql.TIMESTAMP(timezone=True)
NOW = sa.text("clock_timestamp()")

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "job_checkpoints",
        sa.Column("job_id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("data", postgresql.JSONB(), nullable=False),
        sa.Column("updated_at", TIME, server_default=NOW, nullable=False),
        sa.PrimaryKeyConstraint("job_id", "key", name=op.f("pk_job_checkpoints")),
    )
    op.create_table(
        "job_memory",
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("job_id", sa.Uuid(), nullable=False),
        sa.Column("data", postgresql.JSONB(), nullable=False),
        sa.Column("updated_at", TIME, server_default=NOW, nullable=False),
        sa.PrimaryKeyConstraint("type", "key", name=op.f("pk_job_memory")),
    )
    op.create_index("ix_job_memory_updated_at", "job_memory", ["updated_at"])
    op.create_table(
        "uploads",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=False),
        sa.Column("created_at", TIME, server_default=NOW, nullable=False),
        sa.Column("expires_at", TIME, nullable=False),
        sa.Column("filename", sa.Text(), nullable=False),
        sa.Column("format", sa.Text(), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_uploads")),
    )
    op.create_index("ix_uploads_expires_at", "uploads", ["expires_at"])
    op.create_index("ix_uploads_created_by_id", "uploads", ["created_by", "id"])
    op.create_table(
        "mailbox",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("at", TIME, server_default=NOW, nullable=False),
        sa.Column("job_id", sa.Uuid(), nullable=True),
        sa.Column("sender", sa.Text(), nullable=False),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("size_bytes", sa.Integer(), nullable=False),
        sa.Column("source", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mailbox")),
    )
    op.create_index("ix_mailbox_at", "mailbox", ["at"])
    op.create_index("ix_mailbox_job_id", "mailbox", ["job_id"])
    op.create_index("ix_mailbox_recipient_id", "mailbox", ["recipient", "id"])


def downgrade() -> None:
    for table in ("mailbox", "uploads", "job_memory", "job_checkpoints"):
        op.drop_table(table)
