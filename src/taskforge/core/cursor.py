"""Opaque page cursors: where a page ended, bound to the list and the filters it belongs to.

A cursor is no secret and grants nothing; the check in it only tells one that was cut, typed or
taken from another list, which would otherwise answer with a page of something else.
"""

from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from typing import Final
from uuid import UUID

from taskforge.core.errors import Fault, Malformed

_CHECK_DIGITS: Final = 16
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_TICK: Final = timedelta(microseconds=1)


def seal(last: UUID, scope: bytes) -> str:
    """The cursor of the page that follows `last`.

    Args:
        last: id of the last row that was looked at.
        scope: the list and its filters, in one canonical form.
    """
    return last.hex + _check(last, scope)


def unseal(cursor: str, scope: bytes) -> UUID:
    """The id that a cursor carries.

    Raises:
        Malformed: it is no cursor of ours, or belongs to another list or other filters.
    """
    try:
        last = UUID(hex=cursor[:-_CHECK_DIGITS])
    except ValueError:
        last = UUID(int=0)
    if seal(last, scope) != cursor:
        raise _bad()
    return last


def seal_moment(last: datetime, scope: bytes) -> str:
    """The cursor of the page that follows a moment, for lists in the order of time.

    Args:
        last: aware, from 1970 on, to the microsecond.
        scope: as for `seal`.
    """
    return seal(UUID(int=(last - _EPOCH) // _TICK), scope)


def unseal_moment(cursor: str, scope: bytes) -> datetime:
    """The moment that a cursor of `seal_moment` carries.

    Raises:
        Malformed: as for `unseal`.
    """
    try:
        return _EPOCH + unseal(cursor, scope).int * _TICK
    except OverflowError:
        raise _bad() from None


def _bad() -> Malformed:
    return Malformed(
        "The cursor is damaged, or belongs to other filters; start again without it.",
        code="bad_cursor",
        faults=[Fault("", "is not of this list with these filters", parameter="cursor")],
    )


def _check(last: UUID, scope: bytes) -> str:
    return blake2b(last.bytes + scope, digest_size=_CHECK_DIGITS // 2).hexdigest()
