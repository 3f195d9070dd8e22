"""What follows the commit of people's deeds, one or many: frames, hints, signals, files.

Nothing here raises for want of Redis, and losing any of it costs a delay at most.
"""

import asyncio
from collections.abc import Sequence

from redis import RedisError

from taskforge.bus.signals import ask_to_stop
from taskforge.core.events import DeletedFrame
from taskforge.core.states import JobStatus, is_final
from taskforge.db.moves import Moved
from taskforge.db.prune import Deleted
from taskforge.flows.deps import Deps
from taskforge.flows.frames import moved
from taskforge.log import get_logger
from taskforge.metrics.jobs import Kind, revived, settled

log = get_logger(__name__)


async def after_cancelling(deps: Deps, done: Sequence[Moved]) -> None:
    """Count and tell, and ask the workers of running jobs to stop them."""
    settled((Kind(it.row.priority, it.row.type), it.row.status) for it in done)
    deps.stream.announce_soon([moved(it.row, it.at) for it in done])
    running = [it.row.id for it in done if it.row.status is JobStatus.RUNNING]
    if not running:
        return
    try:
        await ask_to_stop(deps.redis, running)
    except (RedisError, OSError) as error:
        # The workers' next heartbeats bring them the news all the same.
        log.warning("stop.unsignalled", jobs=len(running), error=error)


async def after_queuing(deps: Deps, done: Sequence[Moved]) -> None:
    """Count and tell, and hint those that are in a queue now: after a retry, or in another queue.

    After a change of priority the old hints, wherever they are, find nothing and end quietly.
    """
    revived(Kind(it.row.priority, it.row.type) for it in done if is_final(it.left))
    deps.stream.announce_soon([moved(it.row, it.at) for it in done])
    await deps.hinter.hint(
        [(it.row.priority, it.row.id) for it in done if it.row.status is JobStatus.QUEUED]
    )


async def after_deleting(deps: Deps, gone: Sequence[Deleted]) -> None:
    """Drop the files, then tell of it."""
    await asyncio.to_thread(deps.store.drop_jobs, [it.id for it in gone])
    deps.stream.announce_soon(
        [
            DeletedFrame(
                job_id=it.id,
                type=it.type,
                priority=it.priority,
                status=it.status,
                version=it.version,
                at=it.at,
            )
            for it in gone
        ]
    )
