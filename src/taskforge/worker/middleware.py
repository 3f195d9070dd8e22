"""What a verdict means in the queue: the only Dramatiq middleware that is loaded (DESIGN §2.6).

The attempt has recorded its verdict in PostgreSQL by then. A job that is done, was skipped or has
its retry booked at `run_at` needs nothing: its hint is acknowledged when the actor returns. A
dead-lettered one is also put into Dramatiq's dead-letter set, where tools that look at Redis expect
it. Jobs that were claimed by filling come the same way.
"""

from dramatiq import Middleware

from taskforge.core.states import JobStatus
from taskforge.flows.attempt import Ended
from taskforge.flows.hints import Hinter


class Verdicts(Middleware):
    """Carries verdicts into the queue."""

    def __init__(self, hinter: Hinter) -> None:
        self._hinter = hinter

    async def carry(self, ended: Ended) -> None:
        """Do in the queue what the verdict asks for; never raises."""
        if ended.settled and ended.settled.status is JobStatus.DEAD_LETTER:
            await self._hinter.bury([(ended.row.priority, ended.row.id)])
