"""Orders to worker units: drain, resume, stop.

The order is a row in PostgreSQL, which the unit reads with each heartbeat; a signal over Redis
makes it look at once. So an order holds while Redis is away, and while the unit is late.
"""

from uuid import UUID

from redis import RedisError

from taskforge.bus.signals import point_at_order
from taskforge.core.errors import Conflict, NotFound
from taskforge.core.fleet import Wanted, WorkerStatus, WorkerView
from taskforge.core.people import Principal
from taskforge.db import roster
from taskforge.db.audit import note
from taskforge.db.engine import transaction
from taskforge.db.fleet import get_worker
from taskforge.db.roster import Standing
from taskforge.flows.deps import Deps
from taskforge.flows.reach import check_reaches_all
from taskforge.log import get_logger

ACTIONS = {
    Wanted.RUN: "worker.resumed",
    Wanted.DRAIN: "worker.drained",
    Wanted.STOP: "worker.stopped",
}
"""What the audit trail calls each order."""

log = get_logger(__name__)


async def look(deps: Deps, worker_id: UUID) -> WorkerView:
    """A unit as it stands.

    Raises:
        NotFound: there is none, or it has been gone for long.
    """
    async with deps.db.connect() as connection:
        lease_seconds = deps.settings.lease_seconds
        found = await get_worker(connection, worker_id, lease_seconds=lease_seconds)
    if found is None:
        raise _unknown(worker_id)
    return found


async def order(
    deps: Deps, worker_id: UUID, wanted: Wanted, by: Principal, *, reason: str | None = None
) -> WorkerView:
    """Order a unit to drain, to go on, or to stop; to order the same twice changes nothing.

    Raises:
        NotFound: there is no such unit.
        Denied: an API key that is narrowed: a unit runs jobs of all types and queues.
        Conflict: it is offline, or on its way out.
    """
    check_reaches_all(by, "worker units")
    async with transaction(deps.db) as connection:
        standing = await roster.order(connection, worker_id, wanted, actor=by.actor, reason=reason)
        if standing and standing.turned:
            before, after = {"wanted": standing.wanted}, {"wanted": wanted, "reason": reason}
            target = f"worker:{worker_id}"
            await note(connection, by, ACTIONS[wanted], target, before=before, after=after)
    if standing is None:
        raise _unknown(worker_id)
    if standing.turned:
        await _point_at(deps, worker_id, wanted, by)
    else:
        _check_stands(standing, wanted)
    return await look(deps, worker_id)


async def _point_at(deps: Deps, worker_id: UUID, wanted: Wanted, by: Principal) -> None:
    log.warning("worker.ordered", worker=str(worker_id), wanted=wanted.value, actor=by.actor)
    try:
        await point_at_order(deps.redis, worker_id)
    except (RedisError, OSError) as error:
        # Its next heartbeat finds the order all the same.
        log.warning("order.unsignalled", worker=str(worker_id), error=error)


def _check_stands(standing: Standing, wanted: Wanted) -> None:
    """Why nothing turned: it is as ordered, or nothing can be ordered any more."""
    if standing.status is WorkerStatus.OFFLINE:
        raise Conflict("The worker has gone and takes no orders.", code="worker_gone")
    stopping = Wanted.STOP if standing.status is WorkerStatus.STOPPING else standing.wanted
    if stopping is Wanted.STOP and wanted is not Wanted.STOP:
        raise Conflict(
            "The worker is stopping, which cannot be taken back; start another one.",
            code="worker_stopping",
        )


def _unknown(worker_id: UUID) -> NotFound:
    return NotFound(
        f"There is no worker {worker_id}; one that has gone is forgotten after a while."
    )
