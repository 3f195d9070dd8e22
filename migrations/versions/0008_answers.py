"""Idempotency keys for calls that make something else than a job."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("idempotency_keys", sa.Column("answer", sa.Text(), nullable=True))
    op.alter_column("idempotency_keys", "job_id", nullable=True)
    op.create_check_constraint(
        op.f("ck_idempotency_keys_leads_somewhere"),
        "idempotency_keys",
        "num_nonnulls(job_id, answer) = 1",
    )


def downgrade() -> None:
    op.drop_constraint(
        op.f("ck_idempotency_keys_leads_somewhere"), "idempotency_keys", type_="check"
    )
    op.execute("DELETE FROM idempotency_keys WHERE job_id IS NULL")
    op.alter_column("idempotency_keys", "job_id", nullable=False)
    op.drop_column("idempotency_keys", "answer")
