"""For admins: accounts, and the audit trail."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request, Router, get, patch
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, JSONBody, QueryParameter

from taskforge.api.auth import DepsHere, needs
from taskforge.api.people_schemas import UserPage
from taskforge.api.schemas import MOMENT, PAGE, Cursor, Limit, read_moment
from taskforge.core.cursor import seal, unseal
from taskforge.core.people import Permission, Principal
from taskforge.db.audit import AuditFilters, AuditRecord, list_audit
from taskforge.db.job_filters import WORD_PATTERN
from taskforge.flows import users
from taskforge.flows.accounts import Account
from taskforge.flows.users import UserChange

Asked = Request[Principal, Any, Any]

USERS = [needs(Permission.USERS)]
WORD: dict[str, Any] = {"min_length": 1, "max_length": 128, "pattern": WORD_PATTERN}


class AuditPage(msgspec.Struct, frozen=True, kw_only=True):
    """Deeds, newest first."""

    items: Sequence[AuditRecord]
    next_cursor: str | None = None


@dataclass(frozen=True, kw_only=True)
class AuditQuery:
    """The query parameters of the audit trail; each may be left out."""

    actor_id: Annotated[UUID | None, QueryParameter(description="Id of an account.")] = None
    api_key_id: Annotated[UUID | None, QueryParameter(description="Id of an API key.")] = None
    ip: Annotated[str | None, QueryParameter(description="The address it came from.", **WORD)] = (
        None
    )
    action: Annotated[
        str | None, QueryParameter(description="Such as `user.updated`, or `job.*`.", **WORD)
    ] = None
    target: Annotated[str | None, QueryParameter(description="Such as `user:<id>`.", **WORD)] = None
    since: Annotated[
        str | None, QueryParameter(description="From this moment on (RFC 3339).", **MOMENT)
    ] = None
    until: Annotated[
        str | None, QueryParameter(description="Before this moment (RFC 3339).", **MOMENT)
    ] = None

    def filters(self) -> AuditFilters:
        """For the database.

        Raises:
            Invalid: a moment that is none, or without a time zone.
        """
        return AuditFilters(
            actor_id=self.actor_id,
            api_key_id=self.api_key_id,
            ip=self.ip,
            action=self.action,
            target=self.target,
            since=read_moment("since", self.since),
            until=read_moment("until", self.until),
        )


@get("/users", operation_id="listUsers", summary="List accounts", guards=USERS)
async def list_users(deps: DepsHere, limit: Limit = PAGE, cursor: Cursor = None) -> UserPage:
    """Newest first."""
    after = None if cursor is None else unseal(cursor, b"users")
    items, last = await users.list_users(deps, after=after, limit=limit)
    return UserPage(items=items, next_cursor=None if last is None else seal(last, b"users"))


@patch("/users/{user_id:uuid}", operation_id="changeUser", summary="Change an account",
       guards=USERS, opt={"example": {"role": "operator"}, "problems": [409]})  # fmt: skip
async def change_user(
    user_id: FromPath[UUID], data: JSONBody[UserChange], request: Asked, deps: DepsHere
) -> Account:
    """Role, activity and limit; felt within 10 s, on open connections too.

    The last active admin cannot be taken away.
    """
    return await users.change_user(deps, user_id, data, request.user)


@get("/audit", operation_id="listAudit", summary="Read the audit trail",
     guards=[needs(Permission.AUDIT)],
     dependencies={"wanted": Provide(AuditQuery, sync_to_thread=False)})  # fmt: skip
async def audit(
    deps: DepsHere,
    wanted: NamedDependency[AuditQuery],
    limit: Limit = PAGE,
    cursor: Cursor = None,
) -> AuditPage:
    """Who did what to what, when and from where; newest first.

    What is done to jobs stands in their own events as well, without the address. Orders of one bulk
    call are one deed, which counts them and names the first.
    """
    filters = wanted.filters()
    scope = filters.scope()
    after = None if cursor is None else unseal(cursor, scope)
    async with deps.db.connect() as connection:
        found = await list_audit(connection, filters, after=after, limit=limit + 1)
    last = found[limit - 1].id if len(found) > limit else None
    return AuditPage(items=found[:limit], next_cursor=None if last is None else seal(last, scope))


router = Router("/", route_handlers=[list_users, change_user, audit], tags=["admin"])
