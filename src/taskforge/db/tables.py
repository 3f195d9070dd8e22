"""All tables of jobs. What runs them is in `service_tables.py`, people in `people_tables.py`.

`jobs` is the narrow hot row: only what the moves touch (R-01). What is written once lives in
`job_details`, with the indexes that lists need, so that a move rewrites none of them. Rows of one
job carry no foreign keys: each would cost a lookup and a row lock per insert on the hot path;
`db/prune.py` deletes a job with all that belongs to it, and a test looks for orphans.
"""

from collections.abc import Iterable

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Double,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TIMESTAMP

from taskforge.core.events import Event
from taskforge.core.states import FINAL, JobStatus

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

TIME = TIMESTAMP(timezone=True)
NOW = text("clock_timestamp()")
BUSY = {
    "fillfactor": 80,
    "autovacuum_vacuum_scale_factor": 0.01,
    "autovacuum_vacuum_threshold": 500,
    "autovacuum_vacuum_cost_limit": 2000,
}
"""Storage of tables that are rewritten all the time (R-81)."""


def _in(names: Iterable[str]) -> str:
    return "(" + ", ".join(f"'{name}'" for name in sorted(names)) + ")"


_PUNCTUATION = "\t\n\r" + "".join(c for c in map(chr, range(33, 127)) if not c.isalnum())
ERROR_WORDS = (
    "array_remove(string_to_array(translate(lower((((((error ->> 'class') || ' ')"
    " || (error ->> 'kind')) || ' ') || (error ->> 'message')) COLLATE \"C\"), '"
    + _PUNCTUATION.replace("'", "''")
    + f"', '{' ' * len(_PUNCTUATION)}'), ' '), '')"
)
"""The words of `job_results.error`, as `core.query_keys.words_of` finds them."""
DURATIONS = (1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1_800, 3_600, 10_800, 21_600, 86_400)
"""Seconds at which the buckets of `DURATION_BUCKET` begin; shorter jobs are in no index."""
DURATION_BUCKET = (
    f"width_bucket(duration_seconds, '{{{','.join(map(str, DURATIONS))}}}'::double precision[])"
)
_FINAL = _in(FINAL)
_ENDINGS = _in({Event.JOB_SUCCESS, Event.JOB_FAILED, Event.JOB_CANCELLED})

jobs = Table(
    "jobs",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("created_at", TIME, nullable=False, server_default=NOW),
    Column("run_at", TIME, nullable=False),
    Column("queued_at", TIME),
    Column("started_at", TIME),
    Column("finished_at", TIME),
    Column("lease_expires_at", TIME),
    Column("cancel_requested_at", TIME),
    Column("hinted_at", TIME),
    Column("worker_id", Uuid),
    Column("duration_seconds", Double),
    Column("version", Integer, nullable=False),
    Column("attempt", Integer, nullable=False, server_default="0"),
    Column("failures", Integer, nullable=False, server_default="0"),
    Column("timeout_seconds", Integer, nullable=False),
    Column("cycle", SmallInteger, nullable=False, server_default="1"),
    Column("crashes", SmallInteger, nullable=False, server_default="0"),
    Column("max_retries", SmallInteger, nullable=False),
    Column("hint_count", SmallInteger, nullable=False, server_default="0"),
    Column("priority", SmallInteger, nullable=False),
    Column("notify", Boolean, nullable=False, server_default=text("false")),
    Column("status", Text, nullable=False),
    Column("type", Text, nullable=False),
    Column("error_class", Text),
    Column("progress", JSONB),
    CheckConstraint(f"status IN {_in(JobStatus)}", name="status"),
    CheckConstraint(f"(finished_at IS NOT NULL) = (status IN {_FINAL})", name="finished"),
    CheckConstraint("(lease_expires_at IS NOT NULL) = (status = 'running')", name="leased"),
    CheckConstraint(
        "status <> 'running' OR (worker_id IS NOT NULL AND started_at IS NOT NULL AND attempt > 0)",
        name="owned",
    ),
    CheckConstraint("status <> 'queued' OR queued_at IS NOT NULL", name="queued"),
    CheckConstraint("priority BETWEEN 0 AND 3", name="priority"),
    CheckConstraint(
        "attempt >= 0 AND failures >= 0 AND crashes BETWEEN 0 AND 3 AND version > 0", name="counts"
    ),
    # The claim, by priority and then age.
    Index(
        "ix_jobs_due", "priority", "run_at", "id",
        postgresql_where=text("status = 'queued' AND crashes < 2"),
    ),
    # The claim past types that are at their limit, however many of their jobs wait.
    Index(
        "ix_jobs_due_type", "type", "priority", "run_at", "id",
        postgresql_where=text("status = 'queued' AND crashes < 2"),
    ),
    # The claim of jobs that crashed twice; they run alone.
    Index(
        "ix_jobs_suspect", "priority", "run_at", "id",
        postgresql_where=text("status = 'queued' AND crashes >= 2"),
    ),
    # Promotion, and the next time one is due.
    Index(
        "ix_jobs_later", "run_at", "id",
        postgresql_where=text("status IN ('retrying', 'scheduled')"),
    ),
    # Heartbeats, rescue and "current jobs"; the lease itself is never indexed.
    Index("ix_jobs_running", "worker_id", "id", postgresql_where=text("status = 'running'")),
    # Hints that never went out (R-21a).
    Index(
        "ix_jobs_unhinted", "id", postgresql_where=text("status = 'queued' AND hinted_at IS NULL")
    ),
    # Retention, which may differ by status.
    Index(
        "ix_jobs_finished", "status", "finished_at",
        postgresql_where=text("finished_at IS NOT NULL"),
    ),
    # Lists filtered by status.
    Index("ix_jobs_status_id", "status", "id"),
    # Searches for what is seldom: jobs that took long, and that were tried again.
    Index(
        "ix_jobs_duration", text(DURATION_BUCKET), "id",
        postgresql_where=text("duration_seconds >= 1"),
    ),
    Index("ix_jobs_attempt", "attempt", "id", postgresql_where=text("attempt >= 2")),
    Index("ix_jobs_failures", "failures", "id", postgresql_where=text("failures >= 1")),
    postgresql_with=BUSY,
)  # fmt: skip

job_details = Table(
    "job_details",
    metadata,
    Column("job_id", Uuid, primary_key=True),
    Column("created_by", Uuid),
    Column("priority", SmallInteger, nullable=False),
    Column("type", Text, nullable=False),
    Column("tags", ARRAY(Text), nullable=False),
    Column("payload", JSONB, nullable=False),
    Column("summary", Text),
    Column("webhook_url", Text),
    Column("idempotency_key", Text),
    Column("schedule_id", Uuid),
    Column("traceparent", Text),
    # Lists filtered by what never changes, or only by hand (`priority`).
    Index(None, "type", "job_id"),
    Index(None, "priority", "job_id"),
    Index(None, "created_by", "job_id"),
    Index(None, "schedule_id", "job_id", postgresql_where=text("schedule_id IS NOT NULL")),
)

job_tags = Table(
    "job_tags",
    metadata,
    Column("tag", Text, primary_key=True),
    Column("job_id", Uuid, primary_key=True),
    Index(None, "job_id"),
)

job_results = Table(
    "job_results",
    metadata,
    Column("job_id", Uuid, primary_key=True),
    Column("result", JSONB),
    Column("error", JSONB),
    # Searches in errors.
    Index("ix_job_results_failed", "job_id", postgresql_where=text("error IS NOT NULL")),
    # Failures that are alike.
    Index(
        "ix_job_results_fingerprint", text("(error ->> 'fingerprint')"), "job_id",
        postgresql_where=text("(error ->> 'fingerprint') IS NOT NULL"),
    ),
    Index(
        "ix_job_results_words", text(f"({ERROR_WORDS})"), postgresql_using="gin",
        postgresql_with={"gin_pending_list_limit": 256},  # kB: a full list holds up its filler
        postgresql_where=text("error IS NOT NULL"),
    ),
)  # fmt: skip

job_sketches = Table(
    "job_sketches",
    metadata,
    Column("last_id", Uuid, primary_key=True),
    Column("first_id", Uuid, nullable=False),
    Column("bits", LargeBinary, nullable=False),
)
"""What may be in the payloads of the jobs from `first_id` to `last_id` (`db/sketches.py`)."""

job_events = Table(
    "job_events",
    metadata,
    Column("job_id", Uuid, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("at", TIME, nullable=False),
    Column("cycle", SmallInteger, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("event", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("actor", Text),
    Column("data", JSONB),
    # A second ending of one cycle cannot be written, whatever the code does.
    Index(
        "uq_job_events_ending", "job_id", "cycle", unique=True,
        postgresql_where=text(f"event IN {_ENDINGS}"),
    ),
)  # fmt: skip

job_attempts = Table(
    "job_attempts",
    metadata,
    Column("job_id", Uuid, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("started_at", TIME, nullable=False),
    Column("finished_at", TIME, nullable=False),
    Column("worker_id", Uuid, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("error", JSONB),
    # Lists filtered by worker.
    Index(None, "worker_id", "job_id"),
)

job_logs = Table(
    "job_logs",
    metadata,
    Column("job_id", Uuid, primary_key=True),
    Column("seq", BigInteger, primary_key=True),
    Column("at", TIME, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("level", Text, nullable=False),
    Column("message", Text, nullable=False),
    Column("fields", JSONB),
)

job_artifacts = Table(
    "job_artifacts",
    metadata,
    Column("job_id", Uuid, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("attempt", Integer, nullable=False),
    Column("media_type", Text, nullable=False),
    Column("size_bytes", BigInteger, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("created_at", TIME, nullable=False, server_default=NOW),
)

idempotency_keys = Table(
    "idempotency_keys",
    metadata,
    Column("user_id", Uuid, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("fingerprint", Text, nullable=False),
    Column("job_id", Uuid),
    Column("answer", Text),
    Column("expires_at", TIME, nullable=False),
    CheckConstraint("num_nonnulls(job_id, answer) = 1", name="leads_somewhere"),
    Index(None, "expires_at"),
)
"""What each key led to: a job, or an answer (sealed; empty while its transaction is under way)."""
