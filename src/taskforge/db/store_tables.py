"""Tables of what jobs leave and clients give: checkpoints, memory, uploads, the sink's mail."""

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import JSONB

from taskforge.db.failure_tables import TIME, metadata
from taskforge.db.tables import NOW

job_checkpoints = Table(
    "job_checkpoints",
    metadata,
    Column("job_id", Uuid, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("attempt", Integer, nullable=False),
    Column("data", JSONB, nullable=False),
    Column("updated_at", TIME, nullable=False, server_default=NOW),
)
"""What an attempt keeps for those after it."""

job_memory = Table(
    "job_memory",
    metadata,
    Column("type", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("job_id", Uuid, nullable=False),
    Column("data", JSONB, nullable=False),
    Column("updated_at", TIME, nullable=False, server_default=NOW),
    Index(None, "updated_at"),
)
"""What a job keeps for later jobs of its type."""

uploads = Table(
    "uploads",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("created_by", Uuid, nullable=False),
    Column("created_at", TIME, nullable=False, server_default=NOW),
    Column("expires_at", TIME, nullable=False),
    Column("filename", Text, nullable=False),
    Column("format", Text, nullable=False),
    Column("size_bytes", BigInteger, nullable=False),
    Column("sha256", Text, nullable=False),
    Index(None, "expires_at"),
    Index(None, "created_by", "id"),
)

mailbox = Table(
    "mailbox",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("at", TIME, nullable=False, server_default=NOW),
    Column("job_id", Uuid),
    Column("sender", Text, nullable=False),
    Column("recipient", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("message_id", Text, nullable=False),
    Column("size_bytes", Integer, nullable=False),
    Column("source", LargeBinary, nullable=False),
    Index(None, "at"),
    Index(None, "job_id"),
    Index(None, "recipient", "id"),
)
"""Messages that the sink took in place of a mail server; `source` is the message as sent."""
