"""New rules of time zones: what is to come is computed again by them (R-63)."""

import asyncio
import hashlib
import zoneinfo
from importlib import resources
from pathlib import Path
from uuid import UUID

from taskforge.core.errors import Invalid
from taskforge.core.firing import Due
from taskforge.core.schedule import check, due_at, next_fire
from taskforge.db.engine import transaction
from taskforge.db.facts import ZONES, get_fact, set_fact
from taskforge.db.fires import Step, lock_later, record
from taskforge.flows.deps import Deps
from taskforge.log import get_logger

BATCH = 500
_FIRST = UUID(int=0)

log = get_logger(__name__)


async def follow(deps: Deps) -> int:
    """Compute the next moments again when the rules of zones are others; how many changed.

    Only what is still to come: a moment that has passed was promised by the rules of its time.
    Once in the life of a process is enough, for it reads the rules of a zone once.
    """
    here = await asyncio.to_thread(_fingerprint)
    async with deps.db.connect() as connection:
        if await get_fact(connection, ZONES) == here:
            return 0
    changed, after = 0, _FIRST
    while True:
        async with transaction(deps.db) as connection:
            found = await lock_later(connection, after=after, limit=BATCH)
            steps = [step for due in found if (step := _step(due))]
            await record(connection, [], steps)
        changed += len(steps)
        if len(found) < BATCH:
            break
        after = found[-1].id
    async with deps.db.connect() as connection:
        # Only now: who dies before this line leaves the work to the next start.
        await set_fact(connection, ZONES, here)
    log.info("zones.followed", changed=changed)
    return changed


def _step(due: Due) -> Step | None:
    """To the next moment by the rules of here; None where it is the one that is known."""
    try:
        check(due.span)
    except Invalid:
        return None  # the pass that finds it due says why it cannot be
    at = next_fire(due.span, due.now, created_at=due.created_at)
    if at == due.next_fire_at:
        return None
    comes = at and due_at(due.id, at, due.jitter_seconds)
    return Step(id=due.id, expected=due.next_fire_at, next_fire_at=at, due_at=comes)


def _fingerprint() -> str:
    """Of all rules that `zoneinfo` reads here: some installations have no version to ask for."""
    digest = hashlib.blake2b(digest_size=16)
    for name in sorted(zoneinfo.available_timezones()):
        digest.update(name.encode() + b"\0" + _rules(name))
    return digest.hexdigest()


def _rules(name: str) -> bytes:
    """As `zoneinfo` finds them: the system's first, then those of the tzdata package."""
    for folder in zoneinfo.TZPATH:
        file = Path(folder, name)
        if file.is_file():
            return file.read_bytes()
    return resources.files("tzdata").joinpath("zoneinfo", *name.split("/")).read_bytes()
