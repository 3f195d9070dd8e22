"""Failures that are alike: the groups, when they came, and what has not been added up yet."""

from sqlalchemy import (
    BigInteger,
    Column,
    Identity,
    Index,
    Integer,
    SmallInteger,
    Table,
    Text,
    Uuid,
)

from taskforge.db.operation_tables import TIME, metadata
from taskforge.db.tables import BUSY

failure_deltas = Table(
    "failure_deltas",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("at", TIME, nullable=False),
    Column("n", Integer, nullable=False),
    Column("still", Integer, nullable=False),
    Column("queues", SmallInteger, nullable=False),
    Column("fingerprint", Text, nullable=False),
    Column("type", Text),
    Column("error_class", Text),
    Column("kind", Text),
    Column("message", Text),
    Column("job_id", Uuid),
    postgresql_with={"autovacuum_vacuum_scale_factor": 0, "autovacuum_vacuum_threshold": 2000},
)
"""What each statement changed: `n` attempts failed alike, and `still` more jobs stay so. Appended,
so that no row is hot (`db/failure_deltas.py`); what tells of the failure is null where `n` is 0."""

failure_groups = Table(
    "failure_groups",
    metadata,
    Column("fingerprint", Text, primary_key=True),
    Column("type", Text, nullable=False),
    Column("error_class", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("message", Text, nullable=False),
    Column("job_id", Uuid, nullable=False),
    Column("total", BigInteger, nullable=False),
    Column("still_failed", BigInteger, nullable=False),
    Column("queues", SmallInteger, nullable=False),
    Column("first_seen", TIME, nullable=False),
    Column("last_seen", TIME, nullable=False),
    Column("resolved_at", TIME),
    Column("resolved_by", Uuid),
    Column("note", Text),
    # The lists, and retention.
    Index(None, "last_seen", "fingerprint"),
    Index(None, "total", "fingerprint"),
    postgresql_with=BUSY,
)
"""`queues` has the bit `1 << priority` for each queue that it was seen in."""

failure_hours = Table(
    "failure_hours",
    metadata,
    Column("fingerprint", Text, primary_key=True),
    Column("hour", TIME, primary_key=True),
    Column("n", BigInteger, nullable=False),
    # Retention.
    Index(None, "hour"),
    postgresql_with=BUSY,
)
