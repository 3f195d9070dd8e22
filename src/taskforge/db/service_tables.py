"""Tables beside the jobs: counters, workers, queues, limits, webhooks, audit, shared facts."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Double,
    Index,
    Integer,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from taskforge.db.tables import BUSY, NOW, TIME, metadata

job_deltas = Table(
    "job_deltas",
    metadata,
    Column("minute", TIME, nullable=False),
    Column("n", BigInteger, nullable=False),
    Column("seconds", Double, nullable=False),
    Column("priority", SmallInteger, nullable=False),
    Column("bucket", SmallInteger, nullable=False),
    Column("type", Text, nullable=False),
    Column("left_status", Text),
    Column("entered_status", Text),
    postgresql_with={"autovacuum_vacuum_scale_factor": 0, "autovacuum_vacuum_threshold": 2000},
)
"""What each statement changed, for the counters: appended, so no row is hot (`db/counts.py`)."""

job_counts = Table(
    "job_counts",
    metadata,
    Column("type", Text, primary_key=True),
    Column("priority", SmallInteger, primary_key=True),
    Column("status", Text, primary_key=True),
    Column("n", BigInteger, nullable=False),
    postgresql_with=BUSY,
)

job_minutes = Table(
    "job_minutes",
    metadata,
    Column("minute", TIME, primary_key=True),
    Column("type", Text, primary_key=True),
    Column("priority", SmallInteger, primary_key=True),
    Column("status", Text, primary_key=True),
    Column("bucket", SmallInteger, primary_key=True),
    Column("n", BigInteger, nullable=False),
    Column("seconds", Double, nullable=False),
    postgresql_with=BUSY,
)
"""Jobs that entered a status in a minute, by how long they had waited or run (`core/spans.py`)."""

job_spans = Table(
    "job_spans",
    metadata,
    Column("minutes", SmallInteger, primary_key=True),
    Column("at", TIME, primary_key=True),
    Column("type", Text, primary_key=True),
    Column("priority", SmallInteger, primary_key=True),
    Column("status", Text, primary_key=True),
    Column("bucket", SmallInteger, primary_key=True),
    Column("n", BigInteger, nullable=False),
    CheckConstraint("minutes IN (10, 60)", name="minutes"),
    postgresql_with=BUSY,
)
"""The same for ten minutes and for an hour, so that a chart of a week reads as little as one of an
hour (`db/charts.py`)."""

workers = Table(
    "workers",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("host", Text, nullable=False),
    Column("pid", Integer, nullable=False),
    Column("version", Text, nullable=False),
    Column("queues", ARRAY(Text), nullable=False),
    Column("types", ARRAY(Text), nullable=False),
    Column("slots", Integer, nullable=False),
    Column("started_at", TIME, nullable=False, server_default=NOW),
    Column("beat_at", TIME, nullable=False, server_default=NOW),
    Column("stopped_at", TIME),
    Column("status", Text, nullable=False),
    Column("wanted", Text, nullable=False, server_default="run"),
    Column("wanted_by", Text),
    Column("wanted_at", TIME),
    Column("wanted_reason", Text),
    Column("facts", JSONB),
    CheckConstraint("status IN ('draining', 'offline', 'online', 'stopping')", name="status"),
    CheckConstraint("wanted IN ('drain', 'run', 'stop')", name="wanted"),
    postgresql_with=BUSY,
)

queues = Table(
    "queues",
    metadata,
    Column("name", Text, primary_key=True),
    Column("priority", SmallInteger, nullable=False, unique=True),
    Column("paused_at", TIME),
    Column("paused_by", Text),
    Column("pause_reason", Text),
    Column("resume_at", TIME),
    Column("concurrency_limit", Integer),
    CheckConstraint("concurrency_limit >= 0", name="concurrency_limit"),
)

type_limits = Table(
    "type_limits",
    metadata,
    Column("type", Text, primary_key=True),
    Column("concurrency_limit", Integer, nullable=False),
    Column("set_by", Text, nullable=False),
    Column("set_at", TIME, nullable=False, server_default=NOW),
    CheckConstraint("concurrency_limit >= 0", name="concurrency_limit"),
)
"""How many jobs of a type all workers together may run at once; 0 stops the type."""

webhook_deliveries = Table(
    "webhook_deliveries",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("job_id", Uuid, nullable=False),
    Column("job_version", Integer, nullable=False),
    Column("user_id", Uuid),
    Column("endpoint", Uuid, nullable=False),
    Column("event", Text, nullable=False),
    Column("url", Text, nullable=False),
    Column("status", Text, nullable=False, server_default="pending"),
    Column("attempts", SmallInteger, nullable=False, server_default="0"),
    Column("created_at", TIME, nullable=False, server_default=NOW),
    Column("next_at", TIME, server_default=NOW),
    Column("delivered_at", TIME),
    Column("last_status", SmallInteger),
    Column("last_error", Text),
    Column("last_response", Text),
    Column("signed", Boolean),
    CheckConstraint("status IN ('delivered', 'disabled', 'failed', 'pending')", name="status"),
    UniqueConstraint("job_id", "job_version"),
    Index(
        "ix_webhook_deliveries_due", "endpoint", "next_at", "id",
        postgresql_where=text("status = 'pending'"),
    ),
    Index(
        "ix_webhook_deliveries_next_at", "next_at", postgresql_where=text("status = 'pending'")
    ),
    Index(None, "created_at", "id"),
)  # fmt: skip

webhook_endpoints = Table(
    "webhook_endpoints",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("user_id", Uuid),
    Column("url", Text, nullable=False),
    Column("owner", Uuid),
    Column("lease_until", TIME),
    Column("failures", Integer, nullable=False, server_default="0"),
    Column("open_until", TIME),
    Column("disabled_at", TIME),
    Column("reason", Text),
    Column("last_success_at", TIME),
    Column("last_failure_at", TIME),
    Index("ix_webhook_endpoints_served", "id", postgresql_where=text("owner IS NOT NULL")),
    Index("ix_webhook_endpoints_disabled", "id", postgresql_where=text("disabled_at IS NOT NULL")),
    postgresql_with=BUSY,
)
"""How each receiver fares: who serves it now, failures in a row, the breaker (S-32)."""

audit = Table(
    "audit",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("at", TIME, nullable=False, server_default=NOW),
    Column("actor_id", Uuid),
    Column("api_key_id", Uuid),
    Column("ip", Text),
    Column("action", Text, nullable=False),
    Column("target", Text),
    Column("before", JSONB),
    Column("after", JSONB),
    Index(None, "actor_id", "id"),
    Index(None, "target", "id"),
    Index(None, "action", "id", postgresql_ops={"action": "text_pattern_ops"}),
)

facts = Table(
    "facts",
    metadata,
    Column("key", Text, primary_key=True),
    Column("value", JSONB, nullable=False),
    Column("at", TIME, nullable=False, server_default=NOW),
)
"""Single values that all processes share, such as the last epoch seen in Redis (R-22)."""
