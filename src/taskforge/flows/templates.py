"""What orders and schedules have in common: a job's template, checked against its type."""

from typing import Any, NamedTuple

from taskforge.core.job import JobTemplate
from taskforge.core.people import Principal
from taskforge.core.priority import Priority
from taskforge.flows.deps import Deps
from taskforge.flows.reach import check_reach
from taskforge.flows.receivers import check_receiver
from taskforge.handlers.base import JobType, Payload


class Checked(NamedTuple):
    """A template that can become a job."""

    job_type: JobType
    priority: Priority
    payload: dict[str, Any]
    """With the defaults of its type filled in."""
    ask: Payload
    """The same as the type's own struct."""


def check_template(deps: Deps, template: JobTemplate, by: Principal | None) -> Checked:
    """Check a template as a submission does.

    Args:
        deps: what flows run on.
        template: as asked for, or as it was kept.
        by: who asks; None: a schedule, which its owner could reach.

    Raises:
        Invalid: an unknown type, a payload that it refuses, or a receiver that no webhook may
            reach; pointers begin at the template.
        Denied: an API key that is narrowed to other jobs.
    """
    job_type = deps.registry.get(template.type)
    priority = priority_of(deps, template)
    if by is not None:
        check_reach(by, template.type, priority)
    if template.webhook_url is not None:
        check_receiver(deps, template.webhook_url)
    payload, ask = deps.registry.check_payload(template.type, template.payload)
    return Checked(job_type, priority, payload, ask)


def priority_of(deps: Deps, template: JobTemplate) -> Priority:
    """Its own, or else its type's; also when there is no such type any more."""
    if isinstance(template.priority, Priority):
        return template.priority
    known = deps.registry.types.get(template.type)
    return (known and known.priority) or Priority.NORMAL
