"""People, their sessions and their keys: plain records, kept by Advanced Alchemy repositories."""

from datetime import datetime
from typing import Any
from uuid import UUID

from advanced_alchemy.mixins import UUIDv7PrimaryKey
from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

# By way of the other tables, so that whoever has this module's metadata has every table.
from taskforge.db.store_tables import NOW, TIME, metadata


class Person(DeclarativeBase):
    """Base of these records; shares the metadata of all tables."""

    __abstract__ = True
    metadata = metadata
    type_annotation_map = {datetime: TIME, dict[str, Any]: JSONB, str: Text}  # noqa: RUF012 - SQLAlchemy's own declaration


class User(UUIDv7PrimaryKey, Person):
    """An account."""

    __tablename__ = "users"
    username: Mapped[str]
    email: Mapped[str]
    password_hash: Mapped[str]
    role: Mapped[str]
    active: Mapped[bool] = mapped_column(server_default="true")
    created_at: Mapped[datetime] = mapped_column(server_default=NOW)
    password_changed_at: Mapped[datetime] = mapped_column(server_default=NOW)
    rate_limit: Mapped[int | None] = mapped_column(Integer)
    """Requests per window, instead of the installation's own."""

    __table_args__ = (
        CheckConstraint("role IN ('admin', 'operator', 'viewer')", name="role"),
        Index("uq_users_username", text("lower(username)"), unique=True),
        Index("uq_users_email", text("lower(email)"), unique=True),
    )


class Session(UUIDv7PrimaryKey, Person):
    """A sign-in: the family of its refresh tokens (S-03)."""

    __tablename__ = "sessions"
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    created_at: Mapped[datetime] = mapped_column(server_default=NOW)
    last_used_at: Mapped[datetime] = mapped_column(server_default=NOW)
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    revoked_why: Mapped[str | None]
    user_agent: Mapped[str | None]
    ip: Mapped[str | None]


class RefreshToken(UUIDv7PrimaryKey, Person):
    """One refresh token; used once (S-03)."""

    __tablename__ = "refresh_tokens"
    session_id: Mapped[UUID] = mapped_column(
        ForeignKey("sessions.id", ondelete="CASCADE"), index=True
    )
    digest: Mapped[str] = mapped_column(unique=True)
    """SHA-256 of the token, hexadecimal."""
    created_at: Mapped[datetime] = mapped_column(server_default=NOW)
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    reissued_at: Mapped[datetime | None]
    """When it was given a second time, to a client that had lost the first answer."""


class ApiKey(UUIDv7PrimaryKey, Person):
    """A key for programs (S-09)."""

    __tablename__ = "api_keys"
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    name: Mapped[str]
    prefix: Mapped[str]
    digest: Mapped[str]
    """SHA-256 of the key, hexadecimal."""
    is_default: Mapped[bool] = mapped_column(server_default="false")
    scopes: Mapped[dict[str, Any] | None]
    created_at: Mapped[datetime] = mapped_column(server_default=NOW)
    expires_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class WebhookSecret(UUIDv7PrimaryKey, Person):
    """A signing secret; two live during a rotation (S-31)."""

    __tablename__ = "webhook_secrets"
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    sealed: Mapped[str]
    """The secret, encrypted with a key derived from SECRET_KEY."""
    created_at: Mapped[datetime] = mapped_column(server_default=NOW)
    expires_at: Mapped[datetime | None]
