"""Control: limits of types, what is wanted of a worker, jitter and held fires of schedules."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

TIME = postgresql.TIMESTAMP(timezone=True)
NOW = sa.text("clock_timestamp()")

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "type_limits",
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("concurrency_limit", sa.Integer(), nullable=False),
        sa.Column("set_by", sa.Text(), nullable=False),
        sa.Column("set_at", TIME, server_default=NOW, nullable=False),
        sa.CheckConstraint("concurrency_limit >= 0", name=op.f("ck_type_limits_concurrency_limit")),
        sa.PrimaryKeyConstraint("type", name=op.f("pk_type_limits")),
    )
    op.create_check_constraint(
        op.f("ck_queues_concurrency_limit"), "queues", "concurrency_limit >= 0"
    )
    op.add_column("workers", sa.Column("wanted", sa.Text(), server_default="run", nullable=False))
    op.add_column("workers", sa.Column("wanted_by", sa.Text(), nullable=True))
    op.add_column("workers", sa.Column("wanted_at", TIME, nullable=True))
    op.create_check_constraint(
        op.f("ck_workers_wanted"), "workers", "wanted IN ('drain', 'run', 'stop')"
    )
    _schedules()
    op.create_index(
        op.f("ix_job_details_schedule_id_job_id"),
        "job_details",
        ["schedule_id", "job_id"],
        postgresql_where=sa.text("schedule_id IS NOT NULL"),
    )


def _schedules() -> None:
    for name, kind in {"due_at": TIME, "paused_by": sa.Text(), "pause_reason": sa.Text()}.items():
        op.add_column("schedules", sa.Column(name, kind, nullable=True))
    op.add_column("schedules", sa.Column("updated_at", TIME, server_default=NOW, nullable=False))
    op.execute("UPDATE schedules SET due_at = next_fire_at")
    op.create_check_constraint(
        op.f("ck_schedules_due"), "schedules", "(next_fire_at IS NULL) = (due_at IS NULL)"
    )
    op.drop_index("ix_schedules_due", "schedules")
    op.create_index(
        "ix_schedules_due",
        "schedules",
        ["due_at", "id"],
        postgresql_where=sa.text("paused_at IS NULL AND due_at IS NOT NULL"),
    )
    op.add_column(
        "schedule_fires",
        sa.Column("held", sa.Boolean(), server_default=sa.text("false"), nullable=False),
    )
    op.add_column("schedule_fires", sa.Column("actor", sa.Text(), nullable=True))
    op.drop_constraint(op.f("ck_schedule_fires_outcome"), "schedule_fires")
    op.create_check_constraint(
        op.f("ck_schedule_fires_outcome"),
        "schedule_fires",
        "num_nonnulls(job_id, skipped) + held::int = 1",
    )
    op.create_index(
        "ix_schedule_fires_held",
        "schedule_fires",
        ["schedule_id"],
        postgresql_where=sa.text("held"),
    )
    op.create_index(
        op.f("ix_schedule_fires_job_id"),
        "schedule_fires",
        ["job_id"],
        postgresql_where=sa.text("job_id IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_index(op.f("ix_schedule_fires_job_id"), "schedule_fires")
    op.drop_index("ix_schedule_fires_held", "schedule_fires")
    op.drop_constraint(op.f("ck_schedule_fires_outcome"), "schedule_fires")
    op.execute("DELETE FROM schedule_fires WHERE held")
    op.create_check_constraint(
        op.f("ck_schedule_fires_outcome"),
        "schedule_fires",
        "(job_id IS NULL) <> (skipped IS NULL)",
    )
    op.drop_column("schedule_fires", "actor")
    op.drop_column("schedule_fires", "held")
    op.drop_index("ix_schedules_due", "schedules")
    op.create_index(
        "ix_schedules_due",
        "schedules",
        ["next_fire_at"],
        postgresql_where=sa.text("paused_at IS NULL AND next_fire_at IS NOT NULL"),
    )
    op.drop_constraint(op.f("ck_schedules_due"), "schedules")
    for name in ("updated_at", "pause_reason", "paused_by", "due_at"):
        op.drop_column("schedules", name)
    op.drop_index(op.f("ix_job_details_schedule_id_job_id"), "job_details")
    op.drop_constraint(op.f("ck_workers_wanted"), "workers")
    for name in ("wanted_at", "wanted_by", "wanted"):
        op.drop_column("workers", name)
    op.drop_constraint(op.f("ck_queues_concurrency_limit"), "queues")
    op.drop_table("type_limits")
