"""Why a job waits, and when it will probably start."""

from uuid import UUID

import msgspec

from taskforge.core.errors import NotFound
from taskforge.core.explain import explain
from taskforge.core.why import Why
from taskforge.db.why import standing
from taskforge.flows.deps import Deps


async def why(deps: Deps, job_id: UUID) -> Why:
    """Every present blocker of a waiting job and an estimate; for others, where they stand.

    Raises:
        NotFound: there is no such job.
    """
    async with deps.db.connect() as connection:
        job = await standing(connection, job_id, lease_seconds=deps.settings.lease_seconds)
    if job is None:
        raise NotFound(f"There is no job {job_id}; it may have been deleted.")
    return explain(msgspec.structs.replace(job, unit_limit=deps.registry.concurrency.get(job.type)))
