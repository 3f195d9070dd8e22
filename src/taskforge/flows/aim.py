"""Which jobs a bulk operation is for: its filter, within what the action and the key can reach."""

from typing import TypeVar

import msgspec

from taskforge.core.errors import Denied, Fault, Invalid
from taskforge.core.operation import SOURCES, OperationAction
from taskforge.core.people import KeyScope
from taskforge.core.priority import Priority
from taskforge.db.job_filters import JobFilters

T = TypeVar("T")

_CHOOSING = ("type", "priority", "tag", "created_by", "worker_id", "created_after", "q")
"""Filters that choose among jobs; a status or an end in time alone leaves most of them in."""


def chooses(filters: JobFilters) -> bool:
    """Whether a filter picks some of the jobs that an action is for, and not all there are."""
    return any(getattr(filters, name) for name in _CHOOSING)


def aim(
    filters: JobFilters,
    action: OperationAction,
    *,
    priority: Priority | None,
    scope: KeyScope | None,
) -> JobFilters:
    """The jobs that match, could have that done to them, and are within the key's reach.

    Args:
        filters: what was asked for.
        action: what is to be done.
        priority: the new one, for `reprioritise`.
        scope: what the API key is narrowed to.

    Raises:
        Invalid: the action is for none of these jobs.
        Denied: the key reaches none of them.
    """
    within = reached(filters, scope)
    sources = SOURCES[action]
    statuses = _both(within.status, sources)
    if not statuses:
        message = f"has none that can be: {action} is for {', '.join(sorted(sources))}"
        raise Invalid(f"The status {message}.", faults=[Fault("/filter/status", message)])
    priorities = within.priority
    if priority is not None:
        priorities = _both(within.priority, frozenset(Priority) - {priority})
        if not priorities:
            message = f"leaves nothing to do: these jobs are {priority} already"
            raise Invalid(f"The priority {message}.", faults=[Fault("/filter/priority", message)])
    return msgspec.structs.replace(within, status=statuses, priority=priorities)


def reached(filters: JobFilters, scope: KeyScope | None) -> JobFilters:
    """Filters, narrowed to what an API key reaches.

    Raises:
        Denied: nothing is left.
    """
    if scope is None:
        return filters
    types = filters.type if scope.types is None else _both(filters.type, scope.types)
    priorities = filters.priority
    if scope.priorities is not None:
        priorities = _both(filters.priority, scope.priorities)
    nothing = (scope.types is not None and not types) or (
        scope.priorities is not None and not priorities
    )
    if nothing:
        raise Denied("This API key reaches none of these jobs.", code="key_too_narrow")
    return msgspec.structs.replace(filters, type=types, priority=priorities)


def _both(wanted: frozenset[T], possible: frozenset[T]) -> frozenset[T]:
    """What is in both; nothing wanted means anything."""
    return wanted & possible if wanted else possible
