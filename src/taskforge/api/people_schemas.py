"""Requests and answers about accounts; what flows return is used as it is where it fits."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from taskforge.core.people import KeyScope
from taskforge.flows.accounts import Account
from taskforge.flows.keys import KeyView
from taskforge.flows.own import EndedSession, SessionView
from taskforge.flows.tokens import ACCESS_SECONDS

Username = Annotated[
    str,
    Meta(
        pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$(?!\n)",
        min_length=2,
        max_length=64,
        description="Letters, digits, dot, dash, underscore; unique in any letter case.",
        examples=["ada"],
    ),
]
Email = Annotated[
    str,
    Meta(
        pattern=r"^[^@\s\x00-\x1f]+@[^@\s\x00-\x1f]+$(?!\n)",
        min_length=3,
        max_length=254,
        examples=["ada@example.com"],
    ),
]
AnyPassword = Annotated[str, Meta(min_length=1, max_length=256)]
NewPassword = Annotated[
    str,
    Meta(
        min_length=12,
        max_length=256,
        description="12 to 256 characters, any of them.",
        examples=["correct horse battery"],
    ),
]


class Registration(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A request for a new account."""

    username: Username
    email: Email
    password: NewPassword


class SignIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A request to sign in."""

    username: Annotated[
        str, Meta(min_length=1, max_length=254, description="User name or e-mail address.")
    ]
    password: AnyPassword
    session: Literal["token", "cookie"] = "token"
    """`cookie`: for browsers; the refresh token comes as a cookie and not in the body."""


class Refresh(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A request for the next pair of tokens; browsers send the cookie and an empty object."""

    refresh_token: Annotated[str, Meta(min_length=1, max_length=256)] | None = None
    nonce: (
        Annotated[
            str,
            Meta(
                min_length=16,
                max_length=128,
                pattern=r"^[\x21-\x7e]+$(?!\n)",
                description="A random word, new for each refresh. A client that lost the answer"
                " gets it once more within 10 seconds by sending the same token and nonce.",
            ),
        ]
        | None
    ) = None


class OwnChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A request for a new password, a new e-mail address, or both."""

    current_password: AnyPassword
    new_password: NewPassword | None = None
    email: Email | None = None


class KeyOrder(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A request for a further API key."""

    name: Annotated[str, Meta(min_length=1, max_length=64, pattern=r"^[^\x00-\x1f\x7f]+$(?!\n)")]
    scope: KeyScope | None = None
    """Null: whatever the account may do, but for passwords, sessions and keys."""
    expires_at: Annotated[datetime, Meta(tz=True)] | UnsetType | None = UNSET
    """Null: never. When left out: in 90 days."""


class KeyPage(msgspec.Struct, frozen=True, kw_only=True):
    """The account's live keys, newest first; all of them."""

    items: Sequence[KeyView]
    next_cursor: None = None


class SessionPage(msgspec.Struct, frozen=True, kw_only=True):
    """The account's live sessions, last used first, and those that were ended by force."""

    items: Sequence[SessionView]
    ended: Sequence[EndedSession]
    """Within 30 days, latest first; at most 100."""
    next_cursor: None = None


class UserPage(msgspec.Struct, frozen=True, kw_only=True):
    """Accounts, newest first."""

    items: Sequence[Account]
    next_cursor: str | None = None


class TokenPair(msgspec.Struct, frozen=True, kw_only=True):
    """What a sign-in or a refresh gives."""

    access_token: str
    refresh_token: str | None
    """Null in a cookie session."""
    user: Account
    token_type: Literal["bearer"] = "bearer"  # noqa: S105 - the scheme's name
    expires_in: int = ACCESS_SECONDS
    """Seconds that the access token is good for."""
