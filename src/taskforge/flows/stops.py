"""What follows a cancel: the frames, and the word to the workers of jobs that run."""

from collections.abc import Sequence

from redis import RedisError

from taskforge.bus.signals import ask_to_stop
from taskforge.core.states import JobStatus
from taskforge.db.moves import Moved
from taskforge.flows.deps import Deps
from taskforge.flows.frames import moved
from taskforge.log import get_logger

log = get_logger(__name__)


async def tell_cancelled(deps: Deps, done: Sequence[Moved]) -> None:
    """Announce what a transaction has cancelled, and signal the running; call it after the commit.

    Never raises: the next heartbeat of a worker brings it the news all the same.
    """
    deps.stream.announce_soon([moved(it.row, it.at) for it in done])
    running = [it.row.id for it in done if it.row.status is JobStatus.RUNNING]
    if not running:
        return
    try:
        await ask_to_stop(deps.redis, running)
    except (RedisError, OSError) as error:
        log.warning("stop.unsignalled", jobs=len(running), error=repr(error))
