"""Failures that are alike: put into groups, looked at, resolved, opened again."""

import msgspec
from msgspec import UNSET, UnsetType

from taskforge.core.errors import NotFound
from taskforge.core.failure_group import FailureGroup, FailureState
from taskforge.core.fingerprint import is_fingerprint
from taskforge.core.people import Principal
from taskforge.db import failure_groups
from taskforge.db.audit import note
from taskforge.db.engine import transaction
from taskforge.db.failure_deltas import gather as gather_deltas
from taskforge.flows.deps import Deps
from taskforge.flows.reach import check_reaches_type

GATHER_BATCH = 20_000


class FailureChange(msgspec.Struct, frozen=True):
    """What is to be changed of a group; what is UNSET stays."""

    resolved: bool | UnsetType = UNSET
    note: str | UnsetType | None = UNSET


async def gather(deps: Deps) -> int:
    """Add up what has failed since; how many deltas."""
    async with deps.db.connect() as connection:
        return await gather_deltas(connection, limit=GATHER_BATCH)


async def look(deps: Deps, fingerprint: str) -> FailureGroup:
    """A group as it stands.

    Raises:
        NotFound: there is none of this fingerprint.
    """
    _check(fingerprint)
    async with deps.db.connect() as connection:
        found = await failure_groups.get_group(connection, fingerprint)
    if found is None:
        raise _unknown(fingerprint)
    return found


async def change(
    deps: Deps, fingerprint: str, by: Principal, wanted: FailureChange
) -> FailureGroup:
    """Resolve a group, open it again, note something; what is so already is no deed.

    Raises:
        NotFound: there is none of this fingerprint.
        Denied: an API key that is narrowed to other jobs.
    """
    _check(fingerprint)
    async with transaction(deps.db) as connection:
        job_type = await failure_groups.lock_group(connection, fingerprint)
        before = job_type and await failure_groups.get_group(connection, fingerprint)
        if not before:
            raise _unknown(fingerprint)
        check_reaches_type(by, before.type)
        if wanted.resolved is True and before.state is not FailureState.RESOLVED:
            await failure_groups.resolve(connection, fingerprint, by.user_id)
        elif wanted.resolved is False and before.resolved_at:
            await failure_groups.reopen(connection, fingerprint)
        if wanted.note is not UNSET and wanted.note != before.note:
            await failure_groups.set_note(connection, fingerprint, wanted.note)
        after = await failure_groups.get_group(connection, fingerprint)
        if after and _told(after) != _told(before):
            await note(
                connection,
                by,
                "failure.updated",
                f"failure:{fingerprint}",
                before=_told(before),
                after=_told(after),
            )
    return after or before


def _check(fingerprint: str) -> None:
    if not is_fingerprint(fingerprint):
        raise _unknown(fingerprint)


def _told(group: FailureGroup) -> dict[str, object]:
    return {"resolved_at": group.resolved_at, "state": group.state, "note": group.note}


def _unknown(fingerprint: str) -> NotFound:
    return NotFound(f"There is no group of failures {fingerprint[:32]!r}; it may have been pruned.")
