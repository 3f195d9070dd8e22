"""What a payload would become, without becoming it: checked, summed up, guessed at."""

from typing import Any

import msgspec

from taskforge.core.job import Estimate
from taskforge.core.plain import plain_text
from taskforge.core.priority import Priority
from taskforge.flows.deps import Deps
from taskforge.handlers.base import JobType, Payload
from taskforge.handlers.describe import TypeDescription
from taskforge.log import get_logger

SUMMARY_LIMIT = 120
"""Characters."""

log = get_logger(__name__)


class Preview(msgspec.Struct, frozen=True, kw_only=True):
    """What a submission of this payload would lead to, where the order says nothing else."""

    payload: dict[str, Any]
    """With the defaults of its type filled in."""
    summary: str | None
    """The line for lists."""
    estimate: Estimate | None
    """Null where the type cannot guess."""
    timeout_seconds: int
    max_retries: int
    priority: Priority


def preview(deps: Deps, name: str, payload: dict[str, Any]) -> Preview:
    """Check a payload as a submission does, and look ahead.

    Raises:
        Invalid: an unknown type, or a payload that it does not take.
    """
    job_type = deps.registry.get(name)
    full, ask = deps.registry.check_payload(name, payload)
    return Preview(
        payload=full,
        summary=summary_of(job_type, ask),
        estimate=_estimate_of(job_type, ask),
        timeout_seconds=job_type.timeout_seconds,
        max_retries=job_type.max_retries,
        priority=job_type.priority or Priority.NORMAL,
    )


def with_offers(deps: Deps, description: TypeDescription) -> TypeDescription:
    """A description with what this installation offers now, such as models to choose from."""
    look = deps.registry.types[description.name].offers
    if look is None:
        return description
    try:
        offers = msgspec.convert(dict(look(deps.settings.for_jobs)), dict[str, list[str]])
    except Exception as error:  # noqa: BLE001 - code of a plug-in; a description goes without
        log.warning("offers.failed", job_type=description.name, error=error)
        return description
    return msgspec.structs.replace(description, offers=offers)


def summary_of(job_type: JobType, ask: Payload) -> str | None:
    """The line that lists show; None when its type has none to offer."""
    if job_type.summarise is None:
        return None
    try:
        return plain_text(" ".join(job_type.summarise(ask).split()), SUMMARY_LIMIT)
    except Exception as error:  # noqa: BLE001 - code of a plug-in; a job does not fail for a line
        log.warning("summary.failed", job_type=job_type.name, error=error)
        return None


def _estimate_of(job_type: JobType, ask: Payload) -> Estimate | None:
    if job_type.estimate is None:
        return None
    try:
        return msgspec.convert(job_type.estimate(ask), Estimate | None)
    except Exception as error:  # noqa: BLE001 - code of a plug-in; a guess is a courtesy
        log.warning("estimate.failed", job_type=job_type.name, error=error)
        return None
