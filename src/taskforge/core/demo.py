"""The demo accounts of SPEC §9: made by the seed, known to everybody, for development alone."""

from collections.abc import Mapping
from types import MappingProxyType

from taskforge.core.people import Role

DEMO_PASSWORDS: Mapping[Role, str] = MappingProxyType(
    {
        Role.ADMIN: "admin1234",
        Role.OPERATOR: "operator1234",
        Role.VIEWER: "viewer1234",
    }
)
"""By the account's role, which is its user name too."""
