"""Fleet-wide limits: how many jobs of a queue or of a type all workers together run at once.

The claim itself keeps them (`db/admission.py`), so nothing has to reach the workers: 0 starts no
more, null lifts the limit, and what runs beyond a lowered one runs on. What waits is hinted when a
limit rises, for as many jobs as there are free slots.
"""

from collections.abc import Mapping

import msgspec

from taskforge.core.fleet import QueueView
from taskforge.core.people import Principal
from taskforge.core.priority import BY_QUEUE
from taskforge.db import hints, limits
from taskforge.db.audit import note
from taskforge.db.engine import transaction
from taskforge.flows import queues
from taskforge.flows.deps import Deps
from taskforge.flows.preview import with_offers
from taskforge.flows.reach import check_reaches_queue, check_reaches_type
from taskforge.handlers.describe import TypeDescription
from taskforge.log import get_logger

log = get_logger(__name__)


async def limit_queue(deps: Deps, name: str, by: Principal, most: int | None) -> QueueView:
    """Limit what runs of a queue at once, or lift its limit.

    Raises:
        NotFound: there is no such queue.
        Denied: an API key that is narrowed to other jobs.
    """
    priority = BY_QUEUE[queues.known(name)]
    check_reaches_queue(by, priority)
    async with transaction(deps.db) as connection:
        before = await limits.set_queue_limit(connection, name, most)
        if before != most:
            await note(
                connection, by, "queue.limited", f"queue:{name}", before=_limit(before),
                after=_limit(most),
            )  # fmt: skip
    log.info("queue.limited", queue=name, limit=most, actor=by.actor)
    if _rose(before, most):
        async with deps.db.connect() as connection:
            free = (await hints.free_slots(connection)).get(priority, 0)
            due = await hints.take_first(connection, priority, limit=free) if free else []
        await deps.hinter.hint(due)
    return await queues.look(deps, name)


async def limit_type(
    deps: Deps, shown: TypeDescription, by: Principal, most: int | None
) -> TypeDescription:
    """The same for a type.

    Raises:
        Denied: an API key that is narrowed to other jobs.
    """
    check_reaches_type(by, shown.name)
    async with transaction(deps.db) as connection:
        before = await limits.set_type_limit(connection, shown.name, most, actor=by.actor)
        if before != most:
            await note(
                connection, by, "job_type.limited", f"job_type:{shown.name}",
                before=_limit(before), after=_limit(most),
            )  # fmt: skip
    log.info("job_type.limited", job_type=shown.name, limit=most, actor=by.actor)
    if _rose(before, most):
        async with deps.db.connect() as connection:
            for priority, free in (await hints.free_slots(connection)).items():
                due = await hints.take_first(connection, priority, limit=free, type_=shown.name)
                await deps.hinter.hint(due)
    return (await described(deps, {shown.name: shown}))[0]


async def described(deps: Deps, types: Mapping[str, TypeDescription]) -> list[TypeDescription]:
    """Types as they are here and now: what is offered, their limits, and what runs."""
    async with deps.db.connect() as connection:
        uses = await limits.uses(connection)
    return [
        msgspec.structs.replace(with_offers(deps, one), **uses.get(name, limits.NOT_USED)._asdict())
        for name, one in types.items()
    ]


def _rose(before: int | None, after: int | None) -> bool:
    return before is not None and (after is None or after > before)


def _limit(most: int | None) -> dict[str, int | None]:
    return {"concurrency_limit": most}
