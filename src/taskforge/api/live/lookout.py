"""The lookout: what the stream has lost of watched jobs comes from the database (R-71).

Frames are announced after the commit and may be lost with Redis. So every few seconds one small
statement asks how all jobs stand that somebody in this process watches, which are those that a
client's `subscribe` names in `jobs` or `logs`. Who has been told less gets the job as it is now, in
a frame like any other. Lists and figures have nets of their own: resync, and the pulse.
"""

import asyncio
import time
from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from taskforge.api.live.hub import Hub
from taskforge.api.live.subscriber import GONE, UNTOLD, Subscriber
from taskforge.core.events import DeletedFrame, Frame
from taskforge.db.watched import Standing, last_changes, moved_on
from taskforge.flows.frames import moved
from taskforge.log import get_logger
from taskforge.metrics.sockets import REPAIRED

LOOK_SECONDS: Final = 5.0
"""Between two looks; what a client shows of a job that it watches is not older (R-71)."""
LOOK_JOBS: Final = 1_000
"""Jobs of one statement: with more, several follow each other, and other tasks get their turn."""

_log = get_logger(__name__)


class Lookout:
    """Keeps those who watch single jobs from missing what the stream does not tell.

    Args:
        hub: who watches.
        db: where the jobs are.
    """

    def __init__(self, hub: Hub, db: AsyncEngine) -> None:
        self._hub = hub
        self._db = db
        self._known: dict[UUID, Standing] = {}
        """Watched jobs at the last look: of one that is gone nothing else is left."""
        self._watchers: dict[UUID, list[Subscriber]] = {}

    async def keep(self) -> None:
        """Look again and again, until cancelled."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            try:
                await self.look()
            except Exception as error:  # noqa: BLE001 - the next look is the remedy, whatever it was
                _log.warning("watched_jobs.unreadable", error=error)

    async def look(self) -> None:
        """Tell clients of the jobs they watch, where they have been told less than there is.

        Raises:
            Exception: the database is away; the next look makes up for this one.
        """
        began = time.time()
        guests = self._hub.attached()
        self._watchers = _by_job(guests)
        self._known = {id_: it for id_, it in self._known.items() if id_ in self._watchers}
        ids = list(self._watchers)
        for start in range(0, len(ids), LOOK_JOBS):
            await self._look_at(ids[start : start + LOOK_JOBS])
        for guest in guests:
            guest.knows_until(began)

    async def _look_at(self, ids: Sequence[UUID]) -> None:
        versions = {id_: it.version if (it := self._known.get(id_)) else UNTOLD for id_ in ids}
        async with self._db.connect() as connection:
            for id_, now in (await moved_on(connection, versions)).items():
                if now is not None:
                    self._known[id_] = now
                elif (last := self._known.pop(id_, None)) is not None:
                    self._tell(id_, GONE, _deleted(id_, last))
            behind = [id_ for id_ in ids if self._are_behind(id_)]
            changes = await last_changes(connection, behind) if behind else []
        for row, at in changes:
            self._tell(row.id, row.version, moved(row, at))

    def _are_behind(self, job_id: UUID) -> bool:
        """Whether a client has been told less of a job than the database knows."""
        now = self._known.get(job_id)
        key = str(job_id)
        watchers = self._watchers[job_id]
        return now is not None and any(it.told.get(key, GONE) < now.version for it in watchers)

    def _tell(self, job_id: UUID, version: int, frame: Frame) -> None:
        """Look again who has been told: the stream has gone on during the read."""
        key = str(job_id)
        missed: list[Subscriber] = []
        unsure: list[Subscriber] = []
        for client in self._watchers[job_id]:
            told = client.told.get(key, GONE)
            if told >= version:
                continue
            client.told[key] = version
            if told != UNTOLD:
                missed.append(client)
            elif frame.at.timestamp() >= client.unsure_from:
                unsure.append(client)
        self._hub.tell(unsure, frame)
        if self._hub.tell(missed, frame):
            REPAIRED.inc()


def _by_job(guests: Sequence[Subscriber]) -> dict[UUID, list[Subscriber]]:
    watchers: defaultdict[UUID, list[Subscriber]] = defaultdict(list)
    for guest in guests:
        for key in guest.told:
            watchers[UUID(key)].append(guest)
    return dict(watchers)


def _deleted(job_id: UUID, last: Standing) -> DeletedFrame:
    return DeletedFrame(
        job_id=job_id,
        type=last.type,
        priority=last.priority,
        status=last.status,
        version=last.version + 1,
        at=datetime.now(UTC),
    )
