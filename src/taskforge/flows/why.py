"""Why a job waits, and when it will probably start."""

from typing import Final
from uuid import UUID

import msgspec

from taskforge.core.errors import NotFound
from taskforge.core.explain import explain
from taskforge.core.keep import Kept
from taskforge.core.why import Paces, Why
from taskforge.db.pace import paces
from taskforge.db.why import standing
from taskforge.flows.deps import Deps

KEPT_SECONDS: Final = 5.0
"""The pace of past minutes is read once in so long, however many ask."""


class Explainer:
    """Tells why jobs wait.

    Args:
        deps: what it is read from.
    """

    def __init__(self, deps: Deps) -> None:
        self._deps = deps
        self._paces = Kept(self._read_paces, seconds=KEPT_SECONDS)

    async def why(self, job_id: UUID) -> Why:
        """Every present blocker of a waiting job and an estimate; for others, where they stand.

        Raises:
            NotFound: there is no such job.
        """
        settings = self._deps.settings
        async with self._deps.db.connect() as connection:
            job = await standing(connection, job_id, lease_seconds=settings.lease_seconds)
        if job is None:
            raise NotFound(f"There is no job {job_id}; it may have been deleted.")
        house = {
            "unit_limit": self._deps.registry.concurrency.get(job.type),
            "least_share": settings.priority_share_percent / 100,
        }
        return explain(msgspec.structs.replace(job, **house), await self._paces.get())

    async def _read_paces(self) -> Paces:
        async with self._deps.db.connect() as connection:
            return await paces(connection)
