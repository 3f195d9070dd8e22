"""What a unit has in hand: its running attempts, and what the heartbeat learns of them."""

from collections.abc import Iterable
from uuid import UUID

from taskforge.db.claims import Claimer
from taskforge.flows.attempt import Hold, Interruption
from taskforge.log import get_logger
from taskforge.metrics.attempts import LEASES_LOST

log = get_logger(__name__)


class Holds(dict[tuple[UUID, int], Hold]):
    """Attempts of this unit by job and number, those being recorded included.

    A job may be here twice: when its lease ran out while its handler worked, and the next attempt
    came back to this unit before the first had unwound.

    Args:
        claimer: whose they are.
    """

    def __init__(self, claimer: Claimer) -> None:
        super().__init__()
        self._claimer = claimer

    def stop(self, ids: Iterable[UUID]) -> None:
        """Stop these jobs, as far as they run here."""
        unwanted = set(ids)
        for (job_id, _), hold in self.items():
            if job_id in unwanted:
                hold.interrupt(Interruption.CANCELLED)

    def renewed(self, attempts: Iterable[tuple[UUID, int]], asked_at: float) -> None:
        """The leases of these attempts were extended by a request sent at `asked_at`."""
        until = self._claimer.sure_until(asked_at)
        for attempt in attempts:
            if hold := self.get(attempt):
                hold.lease_until = until

    def lose(self, attempts: Iterable[tuple[UUID, int]]) -> None:
        """Let go of attempts whose lease has passed, or may have passed, to another.

        Those that have ended since the heartbeat asked are not lost, and of no concern any more.
        """
        for job_id, number in attempts:
            hold = self.get((job_id, number))
            if hold and hold.working:
                LEASES_LOST.inc()
                log.warning("lease.lost", job_id=str(job_id), attempt=number)
                hold.interrupt(Interruption.LOST)
