"""Failures that are alike: list the groups, show one, say what is known of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Final, Literal
from uuid import UUID

import msgspec
from litestar import Request, Router, get, patch
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import UNSET, Meta, UnsetType

from taskforge.api.auth import needs
from taskforge.api.schemas import MOMENT, PAGE, Cursor, Limit, read_moment
from taskforge.core.cursor import seal, unseal
from taskforge.core.errors import Invalid
from taskforge.core.failure_group import NOTE_LIMIT, FailureGroup, FailureOrder, FailureState
from taskforge.core.people import Permission, Principal
from taskforge.db.failure_groups import FailureFilters, Place, list_groups
from taskforge.db.job_filters import WORD_PATTERN, Word
from taskforge.flows import failures
from taskforge.flows.deps import Deps
from taskforge.flows.failures import FailureChange

Asked = Request[Principal, Any, Any]

READ = [needs(Permission.READ)]
ACT = [needs(Permission.ACT)]
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_TICK: Final = timedelta(microseconds=1)
_BITS: Final = 64
"""Of a fingerprint."""
_MOST: Final = 1 << 57
"""More than any total, and microseconds that a datetime can count."""


class FailurePage(msgspec.Struct, frozen=True, kw_only=True):
    """Groups of failures. A page may be short, or empty, and still have a next one."""

    items: Sequence[FailureGroup]
    next_cursor: str | None = None


class FailurePatch(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to be changed of a group."""

    state: Literal["resolved", "open"] | UnsetType = UNSET
    """`resolved`: it is over, and regresses when it comes again; `open`: it is not."""
    note: (
        Annotated[
            str, Meta(min_length=1, max_length=NOTE_LIMIT, pattern=r"^[^\x00-\x08\x0b-\x1f\x7f]+$")
        ]
        | UnsetType
        | None
    ) = UNSET
    """What people should know of it; null takes it away."""


@dataclass(frozen=True, kw_only=True)
class FailureQuery:
    """The query parameters of the groups; each may be left out, lists are repeated."""

    type: Annotated[
        list[Word] | None, QueryParameter(description="Any of these job types.", max_items=20)
    ] = None
    states: Annotated[
        list[FailureState] | None,
        QueryParameter(name="state", description="Any of these.", max_items=4),
    ] = None
    q: Annotated[
        str | None,
        QueryParameter(
            description="Words that are all in the message, kind, type or fingerprint.",
            min_length=1,
            max_length=200,
            pattern=WORD_PATTERN,
        ),
    ] = None
    since: Annotated[
        str | None,
        QueryParameter(description="Last seen from this moment on (RFC 3339).", **MOMENT),
    ] = None
    sort: Annotated[FailureOrder, QueryParameter(description="What comes first: the largest.")] = (
        FailureOrder.LAST_SEEN
    )

    def filters(self) -> FailureFilters:
        """For the database.

        Raises:
            Invalid: a moment that is none, or without a time zone.
        """
        return FailureFilters(
            types=frozenset(self.type or ()),
            states=frozenset(self.states or ()),
            words=frozenset((self.q or "").lower().split()),
            since=read_moment("since", self.since),
            order=self.sort,
        )


@get("/failures", operation_id="listFailures", summary="List groups of failures", guards=READ,
     dependencies={"wanted": Provide(FailureQuery, sync_to_thread=False)})  # fmt: skip
async def list_(
    deps: NamedDependency[Deps],
    wanted: NamedDependency[FailureQuery],
    limit: Limit = PAGE,
    cursor: Cursor = None,
) -> FailurePage:
    """Attempts that failed alike, as one: what was last seen first, or what came most often.

    Alike are failures of one job type, error class and exception whose messages differ only in
    numbers, ids, times, quoted words, addresses, hosts and paths, and which the same function
    raised.
    """
    filters = wanted.filters()
    scope = filters.scope()
    after = None if cursor is None else _place(unseal(cursor, scope), filters.order)
    async with deps.db.connect() as connection:
        page = await list_groups(connection, filters, after=after, limit=limit)
    return FailurePage(
        items=page.items, next_cursor=None if page.last is None else seal(_id(page.last), scope)
    )


@get("/failures/{fingerprint:str}", operation_id="getFailure", summary="Show a group of failures",
     guards=READ)  # fmt: skip
async def show(fingerprint: FromPath[str], deps: NamedDependency[Deps]) -> FailureGroup:
    """One of the list. It is forgotten when its jobs are gone, as long after as jobs are kept.

    `GET /jobs?q=failure:<fingerprint>` lists its jobs, and the filter `failure:<fingerprint>` of a
    bulk operation queues all of them again.
    """
    return await failures.look(deps, fingerprint)


@patch("/failures/{fingerprint:str}", operation_id="changeFailure",
       summary="Resolve or note a group of failures", guards=ACT,
       opt={"example": {"state": "resolved", "note": "The quota was raised."}})  # fmt: skip
async def change(
    fingerprint: FromPath[str],
    data: JSONBody[FailurePatch],
    request: Asked,
    deps: NamedDependency[Deps],
) -> FailureGroup:
    """Says that it is over, or that it is not, or what people should know of it.

    A resolved group that comes again is `regressed`, until somebody resolves or opens it.
    """
    if data.state is UNSET and data.note is UNSET:
        raise Invalid("Name a state, a note, or both.", code="nothing_to_change")
    resolved = UNSET if data.state is UNSET else data.state == "resolved"
    wanted = FailureChange(resolved=resolved, note=data.note)
    return await failures.change(deps, fingerprint, request.user, wanted)


def _id(place: Place) -> UUID:
    at = (place.at - _EPOCH) // _TICK if isinstance(place.at, datetime) else place.at
    return UUID(int=at << _BITS | int(place.fingerprint, 16))


def _place(last: UUID, order: FailureOrder) -> Place:
    at, digits = divmod(last.int, 1 << _BITS)
    at = min(at, _MOST)
    moment = _EPOCH + at * _TICK if order is FailureOrder.LAST_SEEN else at
    return Place(moment, f"{digits:016x}")


router = Router("/", route_handlers=[list_, show, change], tags=["failures"])
