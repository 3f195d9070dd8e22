"""What the log says of attempts: a line for each end."""

from taskforge.core.plain import plain_text
from taskforge.core.retry import Verdict
from taskforge.db.moves import Settled
from taskforge.log import get_logger

SAID_LIMIT = 500
"""Characters of an error's message in the log; all of it is kept with the job."""

log = get_logger(__name__)


def tell_end(settled: Settled, verdict: Verdict, *, seconds: float) -> None:
    """Say how an attempt ended; whose it was is bound to the context.

    What went well is there to be counted, and what failed to be looked at; its traceback is kept
    with the job and nowhere else.

    Args:
        settled: what was written.
        verdict: what was decided.
        seconds: that the handler worked.
    """
    spent, error = round(seconds * 1_000, 3), verdict.error
    if error is None:
        log.info("attempt.ended", status=settled.status, duration_ms=spent)
        return
    failure = {"error.type": error.kind, "error.message": plain_text(error.message, SAID_LIMIT)}
    log.warning(
        "attempt.ended",
        status=settled.status,
        duration_ms=spent,
        error_class=error.class_,
        **failure,
    )
