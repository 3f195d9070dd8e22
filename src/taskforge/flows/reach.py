"""Which jobs an API key reaches: some are narrowed to types and queues (S-09)."""

from uuid import UUID

from taskforge.core.errors import Denied
from taskforge.core.people import Principal
from taskforge.core.priority import Priority
from taskforge.db.job_rows import get_row
from taskforge.flows.deps import Deps


def check_reach(by: Principal, job_type: str, priority: Priority) -> None:
    """Refuse a key that is narrowed to other types or queues.

    Raises:
        Denied: it is.
    """
    if not by.reaches(job_type, priority):
        raise _narrow(f"jobs of type {job_type!r} in queue {priority.queue!r}")


def check_reaches_priority(by: Principal, priority: Priority) -> None:
    """Refuse a key that is narrowed to other queues, whatever the type.

    Raises:
        Denied: it is.
    """
    if by.scope and by.scope.priorities is not None and priority not in by.scope.priorities:
        raise _narrow(f"queue {priority.queue!r}")


def check_reaches_queue(by: Principal, priority: Priority) -> None:
    """Refuse a key that is narrowed to some types, or to other queues: a queue has all types.

    Raises:
        Denied: it is.
    """
    if by.scope and (by.scope.types is not None or not by.reaches("", priority)):
        raise _narrow(f"all of queue {priority.queue!r}")


def check_reaches_type(by: Principal, job_type: str) -> None:
    """Refuse a key that is narrowed to some queues, or to other types: a type is in all queues.

    Raises:
        Denied: it is.
    """
    scope = by.scope
    if scope and (
        scope.priorities is not None or (scope.types is not None and job_type not in scope.types)
    ):
        raise _narrow(f"all jobs of type {job_type!r}")


def check_reaches_all(by: Principal, what: str) -> None:
    """Refuse a key that is narrowed at all, for what concerns jobs of every type and queue.

    Raises:
        Denied: it is.
    """
    if by.scope and (by.scope.types is not None or by.scope.priorities is not None):
        raise _narrow(what)


async def check_reaches_job(deps: Deps, job_id: UUID, by: Principal) -> None:
    """The same for a job that is there; one that is not is for the caller to miss.

    Good for jobs that have ended. Others may change their queue before the caller's statement,
    which then has to ask for itself (`db/reach.py`).

    Raises:
        Denied: the key does not reach it.
    """
    if by.scope is None:
        return
    async with deps.db.connect() as connection:
        row = await get_row(connection, job_id)
    if row:
        check_reach(by, row.type, row.priority)


def _narrow(what: str) -> Denied:
    return Denied(f"This API key does not reach {what}.", code="key_too_narrow")
