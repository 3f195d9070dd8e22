"""The whole answer to why a job waits, from the facts."""

from datetime import datetime

from taskforge.core.blockers import blockers, moment
from taskforge.core.forecast import forecast
from taskforge.core.states import JobStatus
from taskforge.core.why import Blocker, NoEstimate, Paces, Standing, Why


def explain(job: Standing, paces: Paces) -> Why:
    """Blockers and an estimate for a job that waits; for any other, where it stands."""
    found, guess = blockers(job), forecast(job, paces)
    return Why(
        job_id=job.id,
        status=job.status,
        version=job.version,
        at=job.at,
        message=_message(job, found),
        since=_since(job),
        worker_id=job.worker_id if job.status is JobStatus.RUNNING else None,
        blockers=found,
        estimate=None if isinstance(guess, NoEstimate) else guess,
        estimate_reason=guess if isinstance(guess, NoEstimate) else None,
    )


def _message(job: Standing, found: list[Blocker]) -> str:
    match job.status:
        case JobStatus.SCHEDULED | JobStatus.RETRYING | JobStatus.QUEUED:
            return " ".join(it.message for it in found) or "Nothing keeps it: it starts any moment."
        case JobStatus.RUNNING:
            return _running(job)
        case JobStatus.SUCCESS | JobStatus.FAILED | JobStatus.DEAD_LETTER | JobStatus.CANCELLED:
            at = "" if job.finished_at is None else f" at {moment(job.finished_at)}"
            return f"It does not wait: it ended as {job.status}{at}."


def _running(job: Standing) -> str:
    since = "" if job.started_at is None else f" since {moment(job.started_at)}"
    words = f"It does not wait: it runs{since} on worker {job.worker_id}."
    if job.lease_expires_at is not None and job.lease_expires_at < job.at:
        return f"{words} That worker has fallen silent: the job will be taken from it."
    if job.cancel_requested_at is not None:
        return f"{words} It was asked to stop at {moment(job.cancel_requested_at)}."
    return words


def _since(job: Standing) -> datetime | None:
    match job.status:
        case JobStatus.QUEUED:
            return job.queued_at
        case JobStatus.RUNNING:
            return job.started_at
        case JobStatus.SCHEDULED | JobStatus.RETRYING:
            return None
        case JobStatus.SUCCESS | JobStatus.FAILED | JobStatus.DEAD_LETTER | JobStatus.CANCELLED:
            return job.finished_at
