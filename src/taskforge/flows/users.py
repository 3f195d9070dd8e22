"""What admins do with accounts: list them, change role, activity and limit."""

from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, UnsetType

from taskforge.core.errors import Conflict, Denied, NotFound
from taskforge.core.people import Principal, Role
from taskforge.db import credentials, people
from taskforge.db.audit import note
from taskforge.db.engine import transaction
from taskforge.flows.accounts import Account, account, check_signed_in
from taskforge.flows.deps import Deps
from taskforge.log import get_logger

_log = get_logger(__name__)


class UserChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to change; an absent part stays."""

    role: Role | UnsetType = UNSET
    active: bool | UnsetType = UNSET
    rate_limit: Annotated[int, Meta(ge=1, le=1_000_000)] | UnsetType | None = UNSET
    """Requests per window of its own, from 1; null for the installation's."""


async def list_users(
    deps: Deps, *, after: UUID | None, limit: int
) -> tuple[list[Account], UUID | None]:
    """A page of accounts, newest first, and where the next one starts."""
    async with deps.db.connect() as connection:
        found = await people.list_people(connection, after=after, limit=limit + 1)
    page = [account(person) for person in found[:limit]]
    return page, page[-1].id if len(found) > limit else None


async def change_user(deps: Deps, user_id: UUID, change: UserChange, by: Principal) -> Account:
    """Change an account; open sockets and other processes feel it within 10 s (S-02).

    Disabling ends all sessions, so that enabling again does not bring them back.

    Raises:
        Unauthenticated, Denied: who asks was signed out or demoted a moment ago.
        NotFound: no such account.
        Conflict: nobody would be left who can administer.
    """
    async with transaction(deps.db) as connection:
        admins = await people.lock_admins(connection)
        await check_signed_in(connection, by)
        if by.user_id not in admins:  # no more, since the request was let in
            raise Denied("This needs the role admin.", code="role_too_low")
        before = await people.find_by_id(connection, user_id)
        if before is None:
            raise NotFound(f"There is no account {user_id}.")
        role = before.role if change.role is UNSET else change.role
        active = before.active if change.active is UNSET else change.active
        limit = before.rate_limit if change.rate_limit is UNSET else change.rate_limit
        if admins == [user_id] and not (role is Role.ADMIN and active):
            raise Conflict("This is the last active admin; make another one first.",
                           code="last_admin")  # fmt: skip
        after = await people.update_person(
            connection, user_id, role=role, active=active, rate_limit=limit
        )
        if not active:
            await credentials.revoke_all_sessions(connection, user_id, "disabled")
        await note(
            connection, by, "user.updated", f"user:{user_id}",
            before={"role": before.role, "active": before.active, "rate_limit": before.rate_limit},
            after={"role": role, "active": active, "rate_limit": limit},
        )  # fmt: skip
    deps.principals.forget(user_id)
    _log.info("account.updated", user_id=str(user_id), role=role.value, active=active)
    return account(after)
