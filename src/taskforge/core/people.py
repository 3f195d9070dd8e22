"""Who may do what: roles, permissions, and the principal that a request speaks for."""

from collections.abc import Mapping
from enum import StrEnum
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from types import MappingProxyType
from typing import Annotated, NamedTuple
from uuid import UUID

import msgspec
from msgspec import Meta

from taskforge.core.priority import Priority


class Role(StrEnum):
    """What an account may do; each role includes the ones before it (SPEC §3)."""

    VIEWER = "viewer"
    OPERATOR = "operator"
    ADMIN = "admin"

    def includes(self, other: "Role") -> bool:
        """Whether this role may do what `other` may."""
        order = list(Role)
        return order.index(self) >= order.index(other)


class Permission(StrEnum):
    """What a route asks for; one each (S-13)."""

    READ = "read"
    """Jobs, types, queues, workers, schedules, figures, events, files, mail."""
    SUBMIT = "submit"
    """Jobs and the files that they read."""
    ACT = "act"
    """Cancel, retry and delete jobs, change their priority; delete files and mail."""
    CONTROL = "control"
    """Pause queues, set limits, drain and stop workers; delete jobs by a filter, retry all."""
    SCHEDULE = "schedule"
    """Make, change, pause, run and delete schedules."""
    WEBHOOKS = "webhooks"
    """The delivery log, and sending again."""
    SECRET = "secret"  # noqa: S105 - names a permission
    """One's own webhook secret; never with an API key (S-09)."""
    ACCOUNT = "account"
    """One's own password, sessions and keys; never with an API key (S-09)."""
    USERS = "users"
    AUDIT = "audit"
    SYSTEM = "system"
    """How the installation fares, and its effective settings."""


ROLE_OF: Mapping[Permission, Role] = MappingProxyType(
    {
        Permission.READ: Role.VIEWER,
        Permission.SUBMIT: Role.OPERATOR,
        Permission.ACT: Role.OPERATOR,
        Permission.CONTROL: Role.ADMIN,
        Permission.SCHEDULE: Role.OPERATOR,
        Permission.WEBHOOKS: Role.OPERATOR,
        Permission.SECRET: Role.OPERATOR,
        Permission.ACCOUNT: Role.VIEWER,
        Permission.USERS: Role.ADMIN,
        Permission.AUDIT: Role.ADMIN,
        Permission.SYSTEM: Role.ADMIN,
    }
)
"""The least role that has each permission."""


def permissions_of(role: Role) -> list[Permission]:
    """What a role may do."""
    return [it for it in Permission if role.includes(ROLE_OF[it])]


SESSION_ONLY = frozenset({Permission.SECRET, Permission.ACCOUNT, Permission.USERS})
"""What a password opens and a key does not: a stolen key cannot make itself at home."""


NetworkText = Annotated[str, Meta(min_length=2, max_length=43, examples=["192.0.2.0/24"])]


class KeyScope(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What an API key is narrowed to; an absent part narrows nothing."""

    permissions: frozenset[Permission] | None = None
    types: frozenset[str] | None = None
    """Job types that it may submit and act on."""
    priorities: frozenset[Priority] | None = None
    """The same for queues, by their priorities."""
    rate_limit: Annotated[int, Meta(ge=1)] | None = None
    """Requests per window of its own, at most its account's; else it shares the account's."""
    networks: Annotated[tuple[NetworkText, ...], Meta(min_length=1, max_length=20)] | None = None
    """Where it may be used from: addresses or CIDR blocks of IPv4 or IPv6."""

    def __post_init__(self) -> None:
        """Write each network in its one form, once.

        Raises:
            ValueError: one cannot be read, or names an address within a block.
        """
        if self.networks is not None:
            networks = sorted({str(_network(one)) for one in self.networks})
            msgspec.structs.force_setattr(self, "networks", tuple(networks))


class Nobody(NamedTuple):
    """Whoever asks without an account, as the audit trail names them."""

    ip: str | None
    user_id: None = None
    api_key_id: None = None


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
    scope: KeyScope | None = None
    """What its API key is narrowed to."""
    ip: str | None = None
    """The address that asks."""
    operation_id: UUID | None = None
    """The bulk operation that acts for this principal."""

    @property
    def actor(self) -> str:
        """As written in event lists: `user:<name>`."""
        return f"user:{self.username}"

    @property
    def counted_as(self) -> str:
        """Whose requests count together: an account with its keys, or a key with its own limit."""
        alone = self.api_key_id if self.scope and self.scope.rate_limit else None
        return (alone or self.user_id).hex

    def limit(self, usual: int) -> int:
        """Requests per window, where the installation's own limit is `usual`."""
        account = self.rate_limit or usual
        return min(account, self.scope.rate_limit or account) if self.scope else account

    def may(self, permission: Permission) -> bool:
        """Whether this principal has a permission."""
        if self.api_key_id and permission in SESSION_ONLY:
            return False
        granted = self.scope.permissions if self.scope else None
        return self.role.includes(ROLE_OF[permission]) and (
            granted is None or permission in granted
        )

    def is_at_home(self) -> bool:
        """Whether it asks from a network that its API key may be used from."""
        networks = self.scope.networks if self.scope else None
        return networks is None or (self.ip is not None and _is_within(self.ip, networks))

    def reaches(self, job_type: str, priority: Priority) -> bool:
        """Whether this principal may submit and act on jobs of this type and queue."""
        if self.scope is None:
            return True
        types, priorities = self.scope.types, self.scope.priorities
        return (types is None or job_type in types) and (
            priorities is None or priority in priorities
        )


def _is_within(ip: str, networks: tuple[str, ...]) -> bool:
    try:
        address = ip_address(ip)
    except ValueError:  # a unix socket has no address
        return False
    address = getattr(address, "ipv4_mapped", None) or address
    return any(address in _network(one) for one in networks)


@lru_cache(maxsize=4_096)
def _network(text: str) -> IPv4Network | IPv6Network:
    try:
        network = ip_network(text)
    except ValueError as error:
        raise ValueError(f"{text!r} is not a network: {error}") from None
    if isinstance(network, IPv6Network) and network.network_address.ipv4_mapped:
        raise ValueError(f"{text!r}: write it as IPv4")
    if "%" in text:  # the zone of one machine means nothing to another
        raise ValueError(f"{text!r}: a network has no zone")
    return network
