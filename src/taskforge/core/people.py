"""Who may do what: roles, and the principal that a request speaks for."""

from enum import StrEnum
from typing import NamedTuple
from uuid import UUID


class Role(StrEnum):
    """What an account may do; each role includes the ones before it (SPEC §3)."""

    VIEWER = "viewer"
    OPERATOR = "operator"
    ADMIN = "admin"

    def includes(self, other: "Role") -> bool:
        """Whether this role may do what `other` may."""
        order = list(Role)
        return order.index(self) >= order.index(other)


class Principal(NamedTuple):
    """Who is asking."""

    user_id: UUID
    username: str
    role: Role
    session_id: UUID | None = None
    """The sign-in that the access token belongs to; None for an API key."""
    api_key_id: UUID | None = None
    rate_limit: int | None = None
    """Requests per window of this principal's own; None is the installation's."""

    @property
    def actor(self) -> str:
        """As written in event lists: `user:<name>`."""
        return f"user:{self.username}"
