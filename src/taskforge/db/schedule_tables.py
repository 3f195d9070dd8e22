"""Schedules and their fires, and how the system's own duties fare.

`next_fire_at` is the moment that the timetable names; `due_at` is that moment with the jitter.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Double,
    Index,
    Integer,
    Table,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from taskforge.db.service_tables import NOW, TIME, metadata

schedules = Table(
    "schedules",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("cron", Text),
    Column("interval_seconds", Double),
    Column("timezone", Text, nullable=False),
    Column("template", JSONB, nullable=False),
    Column("overlap", Text, nullable=False),
    Column("missed", Text, nullable=False),
    Column("jitter_seconds", Double, nullable=False, server_default="0"),
    Column("starts_at", TIME),
    Column("ends_at", TIME),
    Column("next_fire_at", TIME),
    Column("due_at", TIME),
    Column("paused_at", TIME),
    Column("paused_by", Text),
    Column("pause_reason", Text),
    Column("created_by", Uuid),
    Column("created_at", TIME, nullable=False, server_default=NOW),
    Column("updated_at", TIME, nullable=False, server_default=NOW),
    Column("version", Integer, nullable=False, server_default="1"),
    CheckConstraint("(next_fire_at IS NULL) = (due_at IS NULL)", name="due"),
    CheckConstraint("(cron IS NULL) <> (interval_seconds IS NULL)", name="kind"),
    CheckConstraint(
        "overlap IN ('allow', 'cancel_previous', 'queue_one', 'skip')", name="overlap"
    ),
    CheckConstraint("missed IN ('run_all', 'run_once', 'skip')", name="missed"),
    Index(
        "ix_schedules_due", "due_at", "id",
        postgresql_where=text("paused_at IS NULL AND due_at IS NOT NULL"),
    ),
)  # fmt: skip

schedule_fires = Table(
    "schedule_fires",
    metadata,
    Column("schedule_id", Uuid, primary_key=True),
    Column("fire_at", TIME, primary_key=True),
    Column("at", TIME, nullable=False, server_default=NOW),
    Column("job_id", Uuid),
    Column("skipped", Text),
    Column("held", Boolean, nullable=False, server_default=text("false")),
    Column("open", Boolean, nullable=False, server_default=text("false")),
    Column("actor", Text),
    CheckConstraint("num_nonnulls(job_id, skipped) + held::int = 1", name="outcome"),
    CheckConstraint("CASE WHEN open THEN skipped IS NULL ELSE NOT held END", name="open"),
    Index("ix_schedule_fires_held", "schedule_id", postgresql_where=text("held")),
    # What may stand in the way of the next fire.
    Index("ix_schedule_fires_open", "schedule_id", postgresql_where=text("open")),
    # Retention.
    Index(None, "at"),
    Index(None, "job_id", postgresql_where=text("job_id IS NOT NULL")),
)
"""Every fire and every skipped fire; the key makes a double fire impossible (R-60).

A fire that is *held* gets its job when the schedule's job before it has ended (`queue_one`). One
is *open* as long as its job may not have ended: it is closed by the next fire that looks, and only
then (R-64). `actor` is set when somebody asked for it.
"""

duties = Table(
    "duties",
    metadata,
    Column("name", Text, primary_key=True),
    Column("every_seconds", Double, nullable=False),
    Column("ran_at", TIME, nullable=False),
    Column("seconds", Double, nullable=False),
    Column("did", BigInteger, nullable=False),
    Column("ok", Boolean, nullable=False),
    Column("passes", BigInteger, nullable=False),
    Column("total", BigInteger, nullable=False),
    Column("error", Text),
    Column("failed_at", TIME),
    Column("scheduler", Text, nullable=False),
)
"""The last pass of each duty of the schedulers, and how much all of them did."""
